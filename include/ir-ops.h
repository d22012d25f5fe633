/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ops of the IR: IR(name, types, arguments, fields, effects, meaning). Everything that prints, parses or verifies
 * an op, or asks what it does, goes by its row; there is no second list. No include guard: included where a list is
 * wanted.
 *
 * Types: what op.type may be, a set of NONE, I32, I64, F32, F64, V128, V256, FLAGS, INT, FP, SCALAR, VEC (V128, V256)
 * and ANY (SCALAR and VEC).
 *
 * Arguments, a letter each:
 *   t the op's type           s the type in sub2        l i64   w i32   f f32   d f64
 *   i an integer type         p an FP type              q the other FP type than the op's
 *   b the integer or FP type of the same width          h as the helper says
 *   e the lane's scalar: i32 for 8 to 32 bits, i64, f32, f64      v a vector     y v128     z v256
 *   x i64 if sub2 says 8 bytes, else i32                F flags: the value of a FLAGDEF
 *
 * Fields, in the order they are written; what no field uses is 0:
 *   C condition (sub)         S compared type (sub2)    K amo operation (sub)
 *   c FP class (sub)          r rounding (sub2)         n negated parts of fma (aux)
 *   f FP comparison and class (sub)                     U IR_UNBOX_KNOWN (sub)
 *   M access (aux)            m access to CPU state (aux)    O offset from struct cpu (imm)
 *   A argument and displacement (imm)                   a argument as an address
 *   N number (imm)            P guest address (imm)     L length (aux)
 *   R guest register (imm)    l local (imm)             H helper (imm) and its arguments
 *   T a put that may be late (sub)
 *   W fence sets (aux)        B block (aux)             D two blocks (aux)
 *   Q bit range: first bit | length << 8 (aux)
 *   G flag kind (sub)         g width of flags: log2 of the bytes (sub2)
 *   E lane of an integer vector (aux): enum ir_lane      V lane f32, f64 (aux)      Z any lane (aux)
 *   k lane 16 to 64 bits (aux)      u lane 8 to 32 bits (aux)      j negated parts of a vector fma (aux >> 8)
 *   X index, count or half (imm): below what the op's line says
 *   y translation key (aux)
 *   J condition of flags (sub)    Y layout of packed flags (sub)
 *   i a branch for a bounded number of turns (sub2)
 *   w what a page check is for: reads or writes, context (aux)      p its length and alignment (aux)
 *   * the arguments that are left
 *
 * Effects: enum ir_op_flags without the IR_. "d" is the value, a b c e the arguments. Integer ops work in the op's type
 * (I32 or I64), modulo 2^32 or 2^64; no implicit extension.
 */
IR(NOP, NONE, "", "", 0, "nothing")
IR(INSN, NONE, "", "PL", 0, "guest instruction begins: imm = its PC, aux = its length in bytes")

IR(CONST, INT, "", "N", DEF | PURE, "d = imm")
IR(PC, INT, "", "P", DEF | PURE, "d = imm, a guest address known by its distance from the unit: moves with it")
IR(GET, ANY, "", "R", DEF | EFFECT, "d = guest register imm")
IR(PUT, ANY, "t", "TR*", EFFECT,
   "guest register imm = a; sub 1: late, only LATE ops can see it: later in the block the register is put again")
IR(LDS, INT | VEC, "", "mO", DEF | EFFECT, "d = CPU state at offset imm, aux = memop")
IR(STS, INT | VEC, "t", "mO*", EFFECT, "CPU state at offset imm = a, aux = memop")
IR(GETL, ANY, "", "l", DEF | EFFECT, "d = local imm")
IR(PUTL, ANY, "t", "l*", EFFECT, "local imm = a")

IR(PARAM, ANY, "", "N", DEF | EFFECT, "d = parameter imm of its block, whose first ops are its parameters in order")
IR(ARG, ANY, "t", "BN*", EFFECT,
   "parameter imm of block aux = a, if the terminator goes there: right before it, for each parameter of each target")

IR(ADD, INT, "tt", "*", DEF | PURE | COMMUT, "d = a + b")
IR(SUB, INT, "tt", "*", DEF | PURE, "d = a - b")
IR(MUL, INT, "tt", "*", DEF | PURE | COMMUT, "d = low half of a * b")
IR(MULHS, INT, "tt", "*", DEF | PURE | COMMUT, "d = high half of signed a * b")
IR(MULHU, INT, "tt", "*", DEF | PURE | COMMUT, "d = high half of unsigned a * b")
IR(MULHSU, INT, "tt", "*", DEF | PURE, "d = high half of signed a * unsigned b")
IR(DIVS, INT, "tt", "*", DEF | PURE, "d = a / b signed, truncated; b = 0: -1; overflow: a")
IR(DIVU, INT, "tt", "*", DEF | PURE, "d = a / b unsigned; b = 0: all ones")
IR(REMS, INT, "tt", "*", DEF | PURE, "d = a % b signed; b = 0: a; overflow: 0")
IR(REMU, INT, "tt", "*", DEF | PURE, "d = a % b unsigned; b = 0: a")
IR(AND, INT, "tt", "*", DEF | PURE | COMMUT, "d = a & b")
IR(OR, INT, "tt", "*", DEF | PURE | COMMUT, "d = a | b")
IR(XOR, INT, "tt", "*", DEF | PURE | COMMUT, "d = a ^ b")
IR(ANDN, INT, "tt", "*", DEF | PURE, "d = a & ~b")
IR(SHL, INT, "tt", "*", DEF | PURE, "d = a << (b mod width)")
IR(SHR, INT, "tt", "*", DEF | PURE, "d = a >> (b mod width), zeros shifted in")
IR(SAR, INT, "tt", "*", DEF | PURE, "d = a >> (b mod width), sign shifted in")
IR(ROTL, INT, "tt", "*", DEF | PURE, "d = a rotated left by b mod width")
IR(ROTR, INT, "tt", "*", DEF | PURE, "d = a rotated right by b mod width")
IR(MINS, INT, "tt", "*", DEF | PURE | COMMUT, "d = signed minimum")
IR(MAXS, INT, "tt", "*", DEF | PURE | COMMUT, "d = signed maximum")
IR(MINU, INT, "tt", "*", DEF | PURE | COMMUT, "d = unsigned minimum")
IR(MAXU, INT, "tt", "*", DEF | PURE | COMMUT, "d = unsigned maximum")
IR(ADC, INT, "ttt", "*", DEF | PURE, "d = a + b + (c & 1)")
IR(SBB, INT, "ttt", "*", DEF | PURE, "d = a - b - (c & 1)")
IR(DIVU2, INT, "ttt", "*", DEF | PURE,
   "d = (a:b) / c unsigned, a the high half; c = 0 or the quotient too large: all ones")
IR(REMU2, INT, "ttt", "*", DEF | PURE, "d = (a:b) % c unsigned; where divu2 has no quotient: b")
IR(DIVS2, INT, "ttt", "*", DEF | PURE,
   "d = (a:b) / c signed, truncated; c = 0 or the quotient too large: the most negative number")
IR(REMS2, INT, "ttt", "*", DEF | PURE, "d = (a:b) % c signed; where divs2 has no quotient: b")
IR(UBFX, INT, "t", "*Q", DEF | PURE, "d = a range of a's bits")
IR(SBFX, INT, "t", "*Q", DEF | PURE, "d = a range of a's bits, sign-extended")
IR(BFI, INT, "tt", "*Q", DEF | PURE, "d = a with a range of its bits replaced by b's low ones")
IR(NEG, INT, "t", "*", DEF | PURE, "d = -a")
IR(NOT, INT, "t", "*", DEF | PURE, "d = ~a")
IR(CLZ, INT, "t", "*", DEF | PURE, "d = leading zeros; a = 0: width")
IR(CTZ, INT, "t", "*", DEF | PURE, "d = trailing zeros; a = 0: width")
IR(POPCNT, INT, "t", "*", DEF | PURE, "d = ones in a")
IR(BSWAP, INT, "t", "*", DEF | PURE, "d = bytes reversed")
IR(BSWAP16, INT, "t", "*", DEF | PURE, "d = the two bytes of each 16 bits exchanged")
IR(BITREV, INT, "t", "*", DEF | PURE, "d = bits reversed")
IR(SEXT8, INT, "t", "*", DEF | PURE, "d = low 8 bits of a, sign-extended, in a's type")
IR(SEXT16, INT, "t", "*", DEF | PURE, "d = low 16 bits of a, sign-extended, in a's type")
IR(SEXT32, I64, "t", "*", DEF | PURE, "d = low 32 bits of a, sign-extended (I64 only)")
IR(ZEXT8, INT, "t", "*", DEF | PURE, "d = low 8 bits of a, in a's type")
IR(ZEXT16, INT, "t", "*", DEF | PURE, "d = low 16 bits of a, in a's type")
IR(ZEXT32, I64, "t", "*", DEF | PURE, "d = low 32 bits of a (I64 only)")
IR(TRUNC, I32, "l", "*", DEF | PURE, "I32 d = low half of I64 a")
IR(SX, I64, "w", "*", DEF | PURE, "I64 d = I32 a sign-extended")
IR(ZX, I64, "w", "*", DEF | PURE, "I64 d = I32 a zero-extended")
IR(SETCC, INT, "ss", "CS*", DEF | PURE, "d = cc(a, b) ? 1 : 0; sub = cc, sub2 = type of a and b")
IR(SELECT, ANY, "sstt", "CS*", DEF | PURE, "d = cc(a, b) ? c : e; sub = cc, sub2 = type of a and b")

IR(FLAGDEF, FLAGS, "xxx", "Gg*", DEF | PURE,
   "flags of an operation on the low bits of a, b and the carry c: see enum ir_flag_kind")
IR(FLAGCC, INT, "F", "J*", DEF | PURE, "d = 1 if the flags a fulfil the condition, else 0")
IR(FLAGSEL, ANY, "Ftt", "J*", DEF | PURE, "d = b if the flags a fulfil the condition, else c")
IR(FLAGPACK, INT, "F", "Y*", DEF | PURE, "d = the flags a in the layout of enum ir_flag_layout, zero elsewhere")

IR(LD, ANY, "l", "MA", DEF | EFFECT | MAYTRAP | LATE, "d = guest memory at a + imm; aux = memop")
IR(ST, ANY, "lt", "MA*", EFFECT | MAYTRAP | LATE, "guest memory at a + imm = b; aux = memop")
IR(AMO, INT, "lt", "KMa*", DEF | EFFECT | MAYTRAP,
   "d = guest memory at a, which becomes op(it, b); sub = enum ir_amo, aux = memop")
IR(CAS, INT | V128, "ltt", "Ma*", DEF | EFFECT | MAYTRAP,
   "d = guest memory at a; if it equals b it becomes c; aux = memop")
IR(PAGECHK, I64, "l", "wAp", DEF | EFFECT,
   "d = what LDH and STH take for accesses in the given bytes from a + imm on; 0: each goes its own way")
IR(LDH, SCALAR | V128, "ll", "MA*", DEF | EFFECT | MAYTRAP | LATE, "LD of a + imm, which the PAGECHK b covers")
IR(STH, SCALAR | V128, "ltl", "MA*", EFFECT | MAYTRAP | LATE, "ST of b at a + imm, which the PAGECHK c covers")
IR(FENCE, NONE, "", "W", EFFECT, "memory fence; aux = before | after << 4 of IR_FENCE_*")

IR(FADD, FP, "tt", "cr*", DEF | EFFECT | COMMUT, "d = a + b; for all FP arithmetic sub = class, sub2 = rounding")
IR(FSUB, FP, "tt", "cr*", DEF | EFFECT, "d = a - b")
IR(FMUL, FP, "tt", "cr*", DEF | EFFECT | COMMUT, "d = a * b")
IR(FDIV, FP, "tt", "cr*", DEF | EFFECT, "d = a / b")
IR(FSQRT, FP, "t", "cr*", DEF | EFFECT, "d = square root of a")
IR(FMA, FP, "ttt", "crn*", DEF | EFFECT, "d = a * b + c rounded once; aux = IR_FMA_NEG_*")
IR(FMIN, FP, "tt", "cr*", DEF | EFFECT, "d = minimum by the class's rule")
IR(FMAX, FP, "tt", "cr*", DEF | EFFECT, "d = maximum by the class's rule")
IR(FCMP, INT, "ss", "fS*", DEF | EFFECT,
   "integer d = fcc(a, b); sub = class | fcc << 2, sub2 = type of a and b")
IR(F2S, INT, "p", "cr*", DEF | EFFECT,
   "integer d = a converted, signed; sub = class, sub2 = rounding; source type from a")
IR(F2U, INT, "p", "cr*", DEF | EFFECT, "integer d = a converted, unsigned")
IR(S2F, FP, "i", "cr*", DEF | EFFECT, "FP d = signed integer a")
IR(U2F, FP, "i", "cr*", DEF | EFFECT, "FP d = unsigned integer a")
IR(F2F, FP, "q", "cr*", DEF | EFFECT, "d = a in the other precision")
IR(FNEG, FP, "t", "*", DEF | PURE, "d = a with its sign flipped (a bit operation)")
IR(FABS, FP, "t", "*", DEF | PURE, "d = a with its sign cleared (a bit operation)")
IR(FSGN, FP, "tt", "*", DEF | PURE, "d = a with the sign of b")
IR(FSGNX, FP, "tt", "*", DEF | PURE, "d = a with the sign of a xor that of b")
IR(FBOX, F64, "f", "*", DEF | PURE, "F64 d = F32 a in the low half, ones above (RISC-V NaN boxing)")
IR(FUNBOX, F32, "d", "U*", DEF | PURE,
   "F32 d = low half of F64 a if its high half is all ones, else the canonical NaN; sub = IR_UNBOX_KNOWN: they are")
IR(BITS, INT, "b", "*", DEF | PURE, "integer d = bits of FP a of the same width")
IR(FROMBITS, FP, "b", "*", DEF | PURE, "FP d = bits of integer a of the same width")

IR(VADD, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = a + b, lane by lane; so are those below unless they say otherwise")
IR(VSUB, VEC, "tt", "E*", DEF | PURE, "d = a - b")
IR(VMUL, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = low half of a * b")
IR(VMULHS, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = high half of signed a * b")
IR(VMULHU, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = high half of unsigned a * b")
IR(VADDS, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = a + b, signed, saturated")
IR(VADDU, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = a + b, unsigned, saturated")
IR(VSUBS, VEC, "tt", "E*", DEF | PURE, "d = a - b, signed, saturated")
IR(VSUBU, VEC, "tt", "E*", DEF | PURE, "d = a - b, unsigned, saturated")
IR(VMINS, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = signed minimum")
IR(VMAXS, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = signed maximum")
IR(VMINU, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = unsigned minimum")
IR(VMAXU, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = unsigned maximum")
IR(VAVGU, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = (a + b + 1) >> 1, unsigned, without overflow")
IR(VABS, VEC, "t", "E*", DEF | PURE, "d = |a|; the most negative number stays")
IR(VNEG, VEC, "t", "E*", DEF | PURE, "d = -a")
IR(VSHL, VEC, "tt", "E*", DEF | PURE, "d = a << b; b of the width or more: 0")
IR(VSHR, VEC, "tt", "E*", DEF | PURE, "d = a >> b, zeros shifted in; b of the width or more: 0")
IR(VSAR, VEC, "tt", "E*", DEF | PURE, "d = a >> b, sign shifted in; b of the width or more: the sign")
IR(VSHLI, VEC, "t", "E*X", DEF | PURE, "d = a << imm, below the width")
IR(VSHRI, VEC, "t", "E*X", DEF | PURE, "d = a >> imm, zeros shifted in; below the width")
IR(VSARI, VEC, "t", "E*X", DEF | PURE, "d = a >> imm, sign shifted in; below the width")
IR(VCMPEQ, VEC, "tt", "E*", DEF | PURE | COMMUT, "d = all ones where a = b, else 0")
IR(VCMPGTS, VEC, "tt", "E*", DEF | PURE, "d = all ones where a > b signed, else 0")
IR(VCMPGTU, VEC, "tt", "E*", DEF | PURE, "d = all ones where a > b unsigned, else 0")
IR(VAND, VEC, "tt", "*", DEF | PURE | COMMUT, "d = a & b")
IR(VOR, VEC, "tt", "*", DEF | PURE | COMMUT, "d = a | b")
IR(VXOR, VEC, "tt", "*", DEF | PURE | COMMUT, "d = a ^ b")
IR(VANDN, VEC, "tt", "*", DEF | PURE, "d = a & ~b")
IR(VNOT, VEC, "t", "*", DEF | PURE, "d = ~a")
IR(VSEL, VEC, "ttt", "*", DEF | PURE, "d = bits of b where a has ones, else of c")
IR(VMULLS, VEC, "tt", "u*X", DEF | PURE,
   "d = signed products, twice as wide, of the low (imm = 0) or high (1) half of the lanes")
IR(VMULLU, VEC, "tt", "u*X", DEF | PURE,
   "d = unsigned products, twice as wide, of the low (imm = 0) or high (1) half of the lanes")
IR(VWIDENS, VEC, "t", "u*X", DEF | PURE,
   "d = the low (imm = 0) or high (1) half of the lanes, sign-extended to twice the width")
IR(VWIDENU, VEC, "t", "u*X", DEF | PURE,
   "d = the low (imm = 0) or high (1) half of the lanes, zero-extended to twice the width")
IR(VNARROW, VEC, "tt", "k*", DEF | PURE, "d = a's lanes, then b's, in half the width: their low halves")
IR(VNARROWS, VEC, "tt", "k*", DEF | PURE, "d = a's lanes, then b's, in half the width: signed to signed, saturated")
IR(VNARROWSU, VEC, "tt", "k*", DEF | PURE, "d = a's lanes, then b's, in half the width: signed to unsigned, saturated")
IR(VNARROWU, VEC, "tt", "k*", DEF | PURE, "d = a's lanes, then b's, in half the width: unsigned, saturated")
IR(VZIPL, VEC, "tt", "E*", DEF | PURE, "d = lanes of a's and b's low halves in turn")
IR(VZIPH, VEC, "tt", "E*", DEF | PURE, "d = lanes of a's and b's high halves in turn")
IR(VUZPE, VEC, "tt", "E*", DEF | PURE, "d = the even lanes of a, then of b")
IR(VUZPO, VEC, "tt", "E*", DEF | PURE, "d = the odd lanes of a, then of b")
IR(VEXT, VEC, "tt", "*X", DEF | PURE, "d = the bytes of a, then of b, from byte imm of a on")
IR(VTBL, VEC, "tt", "*", DEF | PURE, "d = byte b of a for each byte b; beyond a's last: 0")
IR(VAES, V128, "t", "*X", DEF | PURE,
   "d = steps of AES (FIPS 197) on a: imm 0 SubBytes and ShiftRows, 1 their inverses, 2 MixColumns, 3 its inverse, "
   "4 is 0, then 2, 5 is 1, then 3")
IR(VDUP, VEC, "e", "Z*", DEF | PURE, "d = a in every lane")
IR(VSCALAR, VEC, "e", "Z*", DEF | PURE, "d = a in lane 0, 0 in the others")
IR(VSET, VEC, "te", "Z*X", DEF | PURE, "d = a with its lane imm replaced by b")
IR(VGET, SCALAR, "v", "Z*X", DEF | PURE, "d = lane imm of a, zero-extended")
IR(VSUM, INT, "v", "E*", DEF | PURE, "d = sum of the lanes, modulo their width, zero-extended")
IR(VMSK, I32, "v", "E*", DEF | PURE, "d = the sign bits of the lanes")
IR(VLO, V128, "z", "*", DEF | PURE, "d = low half of a")
IR(VHI, V128, "z", "*", DEF | PURE, "d = high half of a")
IR(VCAT, V256, "yy", "*", DEF | PURE, "d = a in the low half, b in the high one")
IR(VZX, V256, "y", "*", DEF | PURE, "d = a in the low half, 0 in the high one")
IR(VFADD, VEC, "tt", "Vcr*", DEF | EFFECT | COMMUT, "d = a + b; for FP vectors class and rounding are as for scalars")
IR(VFSUB, VEC, "tt", "Vcr*", DEF | EFFECT, "d = a - b")
IR(VFMUL, VEC, "tt", "Vcr*", DEF | EFFECT | COMMUT, "d = a * b")
IR(VFDIV, VEC, "tt", "Vcr*", DEF | EFFECT, "d = a / b")
IR(VFSQRT, VEC, "t", "Vcr*", DEF | EFFECT, "d = square root of a")
IR(VFMA, VEC, "ttt", "Vcrj*", DEF | EFFECT, "d = a * b + c rounded once")
IR(VFMIN, VEC, "tt", "Vcr*", DEF | EFFECT, "d = minimum by the class's rule")
IR(VFMAX, VEC, "tt", "Vcr*", DEF | EFFECT, "d = maximum by the class's rule")
IR(VFCMP, VEC, "tt", "Vf*", DEF | EFFECT, "d = all ones where fcc(a, b), else 0")
IR(VF2S, VEC, "t", "Vcr*", DEF | EFFECT, "integer lanes of a's width, signed")
IR(VF2U, VEC, "t", "Vcr*", DEF | EFFECT, "integer lanes of a's width, unsigned")
IR(VS2F, VEC, "t", "Vcr*", DEF | EFFECT, "FP lanes of a's, which are signed integers")
IR(VU2F, VEC, "t", "Vcr*", DEF | EFFECT, "FP lanes of a's, which are unsigned integers")
IR(VF2D, VEC, "t", "cr*X", DEF | EFFECT, "f64 lanes of the low (imm = 0) or high (1) half of a's f32 lanes")
IR(VD2F, VEC, "tt", "cr*", DEF | EFFECT, "f32 lanes of a's f64 lanes, then of b's")
IR(VH2F, VEC, "t", "cr*X", DEF | EFFECT, "f32 lanes of the low (imm = 0) or high (1) half of a's f16 lanes")
IR(VF2H, VEC, "tt", "cr*", DEF | EFFECT, "f16 lanes of a's f32 lanes, then of b's")

IR(CALL, NONE | INT | VEC, "hhhh", "H", DEF | EFFECT | MAYTRAP, "d = helper(a, b, c, e); imm = struct ir_helper *")

IR(BR, NONE, "", "B", TERM, "to block aux")
IR(BRCC, INT, "tt", "Ci*D", TERM,
   "cc(a, b): to block aux & 0xffff, else to block aux >> 16; sub = cc, type = type of a and b")
IR(BRFLAG, NONE, "F", "J*D", TERM, "flags a fulfil the condition: to block aux & 0xffff, else to block aux >> 16")
IR(EXIT_JUMP, NONE, "", "P", TERM | EFFECT, "leave for guest PC imm, same key")
IR(EXIT_KEY, NONE, "", "Py", TERM | EFFECT, "leave for guest PC imm under the key aux")
IR(EXIT_REG, NONE, "l", "*", TERM | EFFECT, "leave for guest PC a (I64), same key")
IR(EXIT_STATE, NONE, "", "", TERM | EFFECT, "leave for cpu->pc under cpu->key")
IR(EXIT_MAIN, NONE, "", "", TERM | EFFECT, "leave for the execution loop; cpu->pc is set")
