#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes those assembly tests that are tables of operands and results: rows.py DIR NAME... writes DIR/NAME.S.

The names are all that there are: tests/dir.mk, which has the build run this, has the same list. The results come
from this file's own arithmetic, on Python's integers and exact fractions, from the text of the manual. It shares
nothing with the emulator, and makes the same files each time.
"""
import os
import random
import sys
from fractions import Fraction
from math import isqrt

rng = random.Random()  # seeded anew for each file
HEAD = """/* SPDX-License-Identifier: BSD-2-Clause */
/* {subject}. Made by tests/insn/rows.py. */
"""


# -- Integers --

def u(v, n):
    return v & ((1 << n) - 1)


def s(v, n):
    v = u(v, n)
    return v - (1 << n) if v >> (n - 1) else v


def tdiv(a, b):
    q = abs(a) // abs(b)
    return -q if (a < 0) != (b < 0) else q


def div(a, b, n):
    a, b = s(a, n), s(b, n)
    return -1 if b == 0 else tdiv(a, b)


def rem(a, b, n):
    a, b = s(a, n), s(b, n)
    return a if b == 0 else a - tdiv(a, b) * b


def divu(a, b, n):
    a, b = u(a, n), u(b, n)
    return -1 if b == 0 else a // b


def remu(a, b, n):
    a, b = u(a, n), u(b, n)
    return a if b == 0 else a % b


def clmul_wide(a, b, n):
    r = 0
    for i in range(n):
        if b >> i & 1:
            r ^= a << i
    return r


def rol(v, k, n):
    k %= n
    v = u(v, n)
    return u(v << k | v >> (n - k), n)


def rev_bytes(v, n):
    return int.from_bytes(u(v, n).to_bytes(n // 8, 'little'), 'big')


def per_byte(v, n, f):
    return int.from_bytes(bytes(f(b) for b in u(v, n).to_bytes(n // 8, 'little')), 'little')


def clz(v, n):
    return n - u(v, n).bit_length()


def ctz(v, n):
    v = u(v, n)
    return n if v == 0 else (v & -v).bit_length() - 1


def w(f):
    """The W form: 32-bit operands, the result sign-extended."""
    return lambda a, b, n: s(f(u(a, 32), u(b, 32), 32), 32)


def w1(f):
    return lambda a, n: s(f(u(a, 32), 32), 32)


def unzip(v, n):
    r = 0
    for i in range(n // 2):
        r |= (v >> 2 * i & 1) << i | (v >> (2 * i + 1) & 1) << (i + n // 2)
    return r


def zipped(v, n):
    r = 0
    for i in range(n // 2):
        r |= (v >> i & 1) << 2 * i | (v >> (i + n // 2) & 1) << (2 * i + 1)
    return r


# -- Cryptography, from the algorithms' own definitions: fields, affine maps, 128-bit states --

def gf_mul(a, b, poly):
    r = 0
    while b:
        r ^= a if b & 1 else 0
        a <<= 1
        a ^= poly if a & 0x100 else 0
        b >>= 1
    return r


def gf_inverse(a, poly):
    return next((b for b in range(256) if gf_mul(a, b, poly) == 1), 0)


def affine(v, row, turn):
    """Bit i is the parity of v under the row, turned left or right by i."""
    return sum((bin(rol(row, turn * i % 8, 8) & v).count('1') & 1) << i for i in range(8))


AES_S = [affine(gf_inverse(x, 0x11b), 0xf1, 1) ^ 0x63 for x in range(256)]
AES_IS = [AES_S.index(x) for x in range(256)]
SM4_S = [affine(gf_inverse(affine(x, 0xa7, 1) ^ 0xd3, 0x1f5), 0xa7, 1) ^ 0xd3 for x in range(256)]
AES_M, AES_IM = (2, 3, 1, 1), (14, 11, 13, 9)


def mix_column(column, m):
    """column: four bytes."""
    out = [0] * 4
    for i in range(4):
        for k in range(4):
            out[i] ^= gf_mul(column[k], m[(k - i) % 4], 0x11b)
    return out


def mix_columns(state, m):
    return [b for c in range(0, len(state), 4) for b in mix_column(state[c:c + 4], m)]


def aes32(box, m, byte):
    def f(a, b, n):
        column = [0] * 4
        column[byte] = box[b >> 8 * byte & 255]
        return a ^ int.from_bytes(mix_column(column, m) if m else column, 'little')
    return f


def aes64(box, m, turn):
    """A round of the state rs2:rs1, its low half."""
    def f(a, b, n):
        state = (u(b, 64) << 64 | u(a, 64)).to_bytes(16, 'little')
        out = [box[state[4 * ((c + turn * r) % 4) + r]] for c in range(4) for r in range(4)]
        return int.from_bytes(bytes(mix_columns(out, m) if m else out)[:8], 'little')
    return f


def aes64im(a, n):
    return int.from_bytes(bytes(mix_columns(list(u(a, 64).to_bytes(8, 'little')), AES_IM)), 'little')


def aes64ks1(a, rnum, n):
    word = list((u(a, 64) >> 32).to_bytes(4, 'little'))
    if rnum < 10:
        word = word[1:] + word[:1]
    word = [AES_S[b] for b in word]
    if rnum < 10:
        constant = 1
        for _ in range(rnum):
            constant = gf_mul(constant, 2, 0x11b)
        word[0] ^= constant
    return int.from_bytes(bytes(word * 2), 'little')


def aes64ks2(a, b, n):
    low = u(a, 64) >> 32 ^ u(b, 32)
    return (low ^ u(b, 64) >> 32) << 32 | low


def sm4(turns, byte):
    """The s-box of one byte through the linear map, which xors turns of the word; words are big-endian in memory."""
    def f(a, b, n):
        v = SM4_S[b >> 8 * byte & 255] << 8 * (3 - byte)
        out = 0
        for k in turns:
            out ^= rol(v, k, 32)
        return s(a ^ rev_bytes(out, 32), 32)
    return f


def turned(right, shift=None, n=32):
    """SHA-2's sums and sigmas."""
    def f(v, _=None):
        v = u(v, n)
        out = 0 if shift is None else v >> shift
        for k in right:
            out ^= rol(v, n - k, n)
        return s(out, n)
    return f


def sm3(a, b):
    return lambda v, n: s(u(v, 32) ^ rol(v, a, 32) ^ rol(v, b, 32), 32)


def sha512_half(f, high):
    """RV32: rs1 is the half of the value that the result is a half of."""
    return lambda a, b, n: f(u(a, 32) << 32 | u(b, 32)) >> 32 if high else f(u(b, 32) << 32 | u(a, 32))


def xperm(width):
    def f(a, b, n):
        lanes = [u(a, n) >> k & (1 << width) - 1 for k in range(0, n, width)]
        out = 0
        for k in range(0, n, width):
            index = u(b, n) >> k & (1 << width) - 1
            out |= (lanes[index] if index < len(lanes) else 0) << k
        return out
    return f


SUM0, SUM1, SIG0, SIG1 = (turned((28, 34, 39), None, 64), turned((14, 18, 41), None, 64), turned((1, 8), 7, 64),
                          turned((19, 61), 6, 64))


def four_bytes(name, f, xl):
    """An instruction with a byte number, as four: NAME_0 to NAME_3 of the macros below."""
    return [('RR', f'{name}_{k}', f(k), xl, 'x') for k in range(4)]


def byte_macros(*names):
    return '\n' + ''.join(f'.macro {n}_{k} d, s, t\n    {n} \\d, \\s, \\t, {k}\n.endm\n' for n in names for k in range(4))


sh = lambda b, n: u(b, n) % n
ADD, SUB = lambda a, b, n: a + b, lambda a, b, n: a - b
SLL, SRL, SRA = lambda a, b, n: a << sh(b, n), lambda a, b, n: u(a, n) >> sh(b, n), lambda a, b, n: s(a, n) >> sh(b, n)
MUL = lambda a, b, n: a * b
ROR = lambda a, b, n: rol(a, n - sh(b, n), n)
ROL = lambda a, b, n: rol(a, sh(b, n), n)
PACK = lambda a, b, n: u(a, n // 2) | u(b, n // 2) << n // 2

# file -> subject, list of (kind, name, function, xlens, operand class)
INT = {
    'integer': ('RV32I and RV64I: register operands', [
        ('RR', 'add', ADD, 'b', 'v'), ('RR', 'sub', SUB, 'b', 'v'),
        ('RR', 'sll', SLL, 'b', 's'), ('RR', 'srl', SRL, 'b', 's'), ('RR', 'sra', SRA, 'b', 's'),
        ('RR', 'slt', lambda a, b, n: int(s(a, n) < s(b, n)), 'b', 'v'),
        ('RR', 'sltu', lambda a, b, n: int(u(a, n) < u(b, n)), 'b', 'v'),
        ('RR', 'xor', lambda a, b, n: a ^ b, 'b', 'v'), ('RR', 'or', lambda a, b, n: a | b, 'b', 'v'),
        ('RR', 'and', lambda a, b, n: a & b, 'b', 'v'),
        ('RR', 'addw', w(ADD), '6', 'v'), ('RR', 'subw', w(SUB), '6', 'v'),
        ('RR', 'sllw', w(SLL), '6', 's'), ('RR', 'srlw', w(SRL), '6', 's'), ('RR', 'sraw', w(SRA), '6', 's')]),
    'immediate': ('RV32I and RV64I: immediate operands', [
        ('RI', 'addi', ADD, 'b', 'i'), ('RI', 'slti', lambda a, b, n: int(s(a, n) < b), 'b', 'i'),
        ('RI', 'sltiu', lambda a, b, n: int(u(a, n) < u(b, n)), 'b', 'i'),
        ('RI', 'xori', lambda a, b, n: a ^ b, 'b', 'i'), ('RI', 'ori', lambda a, b, n: a | b, 'b', 'i'),
        ('RI', 'andi', lambda a, b, n: a & b, 'b', 'i'),
        ('RI', 'slli', SLL, 'b', 'h'), ('RI', 'srli', SRL, 'b', 'h'), ('RI', 'srai', SRA, 'b', 'h'),
        ('RI', 'addiw', w(ADD), '6', 'i'),
        ('RI', 'slliw', w(SLL), '6', 'w'), ('RI', 'srliw', w(SRL), '6', 'w'), ('RI', 'sraiw', w(SRA), '6', 'w')]),
    'multiply': ('M: multiplication', [
        ('RR', 'mul', MUL, 'b', 'v'), ('RR', 'mulh', lambda a, b, n: s(a, n) * s(b, n) >> n, 'b', 'v'),
        ('RR', 'mulhsu', lambda a, b, n: s(a, n) * u(b, n) >> n, 'b', 'v'),
        ('RR', 'mulhu', lambda a, b, n: u(a, n) * u(b, n) >> n, 'b', 'v'), ('RR', 'mulw', w(MUL), '6', 'v')]),
    'divide': ('M: division, by zero and with overflow too', [
        ('RR', 'div', div, 'b', 'd'), ('RR', 'divu', divu, 'b', 'd'),
        ('RR', 'rem', rem, 'b', 'd'), ('RR', 'remu', remu, 'b', 'd'),
        ('RR', 'divw', w(div), '6', 'd'), ('RR', 'divuw', w(divu), '6', 'd'),
        ('RR', 'remw', w(rem), '6', 'd'), ('RR', 'remuw', w(remu), '6', 'd')]),
    'zba': ('Zba', [
        ('RR', 'sh1add', lambda a, b, n: (a << 1) + b, 'b', 'v'), ('RR', 'sh2add', lambda a, b, n: (a << 2) + b, 'b', 'v'),
        ('RR', 'sh3add', lambda a, b, n: (a << 3) + b, 'b', 'v'),
        ('RR', 'add.uw', lambda a, b, n: u(a, 32) + b, '6', 'v'),
        ('RR', 'sh1add.uw', lambda a, b, n: (u(a, 32) << 1) + b, '6', 'v'),
        ('RR', 'sh2add.uw', lambda a, b, n: (u(a, 32) << 2) + b, '6', 'v'),
        ('RR', 'sh3add.uw', lambda a, b, n: (u(a, 32) << 3) + b, '6', 'v'),
        ('RI', 'slli.uw', lambda a, b, n: u(a, 32) << b, '6', 'h')]),
    'zbb': ('Zbb', [
        ('RR', 'andn', lambda a, b, n: a & ~b, 'b', 'v'), ('RR', 'orn', lambda a, b, n: a | ~b, 'b', 'v'),
        ('RR', 'xnor', lambda a, b, n: ~(a ^ b), 'b', 'v'),
        ('RU', 'clz', clz, 'b', 'b'), ('RU', 'ctz', ctz, 'b', 'b'),
        ('RU', 'cpop', lambda a, n: bin(u(a, n)).count('1'), 'b', 'b'),
        ('RU', 'clzw', w1(clz), '6', 'b'), ('RU', 'ctzw', w1(ctz), '6', 'b'),
        ('RU', 'cpopw', w1(lambda a, n: bin(u(a, n)).count('1')), '6', 'b'),
        ('RU', 'sext.b', lambda a, n: s(a, 8), 'b', 'b'), ('RU', 'sext.h', lambda a, n: s(a, 16), 'b', 'b'),
        ('RU', 'zext.h', lambda a, n: u(a, 16), 'b', 'b'),
        ('RR', 'min', lambda a, b, n: min(s(a, n), s(b, n)), 'b', 'v'),
        ('RR', 'max', lambda a, b, n: max(s(a, n), s(b, n)), 'b', 'v'),
        ('RR', 'minu', lambda a, b, n: min(u(a, n), u(b, n)), 'b', 'v'),
        ('RR', 'maxu', lambda a, b, n: max(u(a, n), u(b, n)), 'b', 'v'),
        ('RR', 'rol', ROL, 'b', 's'), ('RR', 'ror', ROR, 'b', 's'), ('RI', 'rori', ROR, 'b', 'h'),
        ('RR', 'rolw', w(ROL), '6', 's'), ('RR', 'rorw', w(ROR), '6', 's'), ('RI', 'roriw', w(ROR), '6', 'w'),
        ('RU', 'orc.b', lambda a, n: per_byte(a, n, lambda b: 255 if b else 0), 'b', 'b'),
        ('RU', 'rev8', rev_bytes, 'b', 'b')]),
    'zbc': ('Zbc', [
        ('RR', 'clmul', lambda a, b, n: clmul_wide(u(a, n), u(b, n), n), 'b', 'v'),
        ('RR', 'clmulh', lambda a, b, n: clmul_wide(u(a, n), u(b, n), n) >> n, 'b', 'v'),
        ('RR', 'clmulr', lambda a, b, n: clmul_wide(u(a, n), u(b, n), n) >> (n - 1), 'b', 'v')]),
    'zbs': ('Zbs', [
        ('RR', 'bclr', lambda a, b, n: a & ~(1 << sh(b, n)), 'b', 's'),
        ('RI', 'bclri', lambda a, b, n: a & ~(1 << b), 'b', 'h'),
        ('RR', 'bext', lambda a, b, n: u(a, n) >> sh(b, n) & 1, 'b', 's'),
        ('RI', 'bexti', lambda a, b, n: u(a, n) >> b & 1, 'b', 'h'),
        ('RR', 'binv', lambda a, b, n: a ^ 1 << sh(b, n), 'b', 's'),
        ('RI', 'binvi', lambda a, b, n: a ^ 1 << b, 'b', 'h'),
        ('RR', 'bset', lambda a, b, n: a | 1 << sh(b, n), 'b', 's'),
        ('RI', 'bseti', lambda a, b, n: a | 1 << b, 'b', 'h')]),
    'zbkb': ('Zbkb, beyond what it shares with Zbb', [
        ('RR', 'pack', PACK, 'b', 'v'), ('RR', 'packh', lambda a, b, n: u(a, 8) | u(b, 8) << 8, 'b', 'v'),
        ('RR', 'packw', w(PACK), '6', 'v'),
        ('RU', 'brev8', lambda a, n: per_byte(a, n, lambda b: int(f'{b:08b}'[::-1], 2)), 'b', 'b'),
        ('RU', 'zip', zipped, '3', 'b'), ('RU', 'unzip', unzip, '3', 'b')]),
    'zbkx': ('Zbkx', [('RR', 'xperm4', xperm(4), 'b', 'x'), ('RR', 'xperm8', xperm(8), 'b', 'x')]),
    'zkn-aes': ('Zknd and Zkne', [
        *four_bytes('aes32esi', lambda k: aes32(AES_S, None, k), '3'),
        *four_bytes('aes32esmi', lambda k: aes32(AES_S, AES_M, k), '3'),
        *four_bytes('aes32dsi', lambda k: aes32(AES_IS, None, k), '3'),
        *four_bytes('aes32dsmi', lambda k: aes32(AES_IS, AES_IM, k), '3'),
        ('RR', 'aes64es', aes64(AES_S, None, 1), '6', 'x'), ('RR', 'aes64esm', aes64(AES_S, AES_M, 1), '6', 'x'),
        ('RR', 'aes64ds', aes64(AES_IS, None, -1), '6', 'x'), ('RR', 'aes64dsm', aes64(AES_IS, AES_IM, -1), '6', 'x'),
        ('RU', 'aes64im', aes64im, '6', 'b'), ('RI', 'aes64ks1i', aes64ks1, '6', 'r'),
        ('RR', 'aes64ks2', aes64ks2, '6', 'x')]),
    'zknh': ('Zknh', [
        ('RU', 'sha256sum0', turned((2, 13, 22)), 'b', 'b'), ('RU', 'sha256sum1', turned((6, 11, 25)), 'b', 'b'),
        ('RU', 'sha256sig0', turned((7, 18), 3), 'b', 'b'), ('RU', 'sha256sig1', turned((17, 19), 10), 'b', 'b'),
        ('RU', 'sha512sum0', SUM0, '6', 'b'), ('RU', 'sha512sum1', SUM1, '6', 'b'),
        ('RU', 'sha512sig0', SIG0, '6', 'b'), ('RU', 'sha512sig1', SIG1, '6', 'b'),
        ('RR', 'sha512sum0r', sha512_half(SUM0, False), '3', 'x'), ('RR', 'sha512sum1r', sha512_half(SUM1, False), '3', 'x'),
        ('RR', 'sha512sig0l', sha512_half(SIG0, False), '3', 'x'), ('RR', 'sha512sig0h', sha512_half(SIG0, True), '3', 'x'),
        ('RR', 'sha512sig1l', sha512_half(SIG1, False), '3', 'x'), ('RR', 'sha512sig1h', sha512_half(SIG1, True), '3', 'x')]),
    'zks': ('Zksed and Zksh', [
        *four_bytes('sm4ed', lambda k: sm4((0, 2, 10, 18, 24), k), 'b'), *four_bytes('sm4ks', lambda k: sm4((0, 13, 23), k), 'b'),
        ('RU', 'sm3p0', sm3(9, 17), 'b', 'b'), ('RU', 'sm3p1', sm3(15, 23), 'b', 'b')]),
    'zicond': ('Zicond', [
        ('RR', 'czero.eqz', lambda a, b, n: 0 if u(b, n) == 0 else a, 'b', 'd'),
        ('RR', 'czero.nez', lambda a, b, n: a if u(b, n) == 0 else 0, 'b', 'd')]),
}
EXTRA = {'zkn-aes': '\n#if XLEN == 32' + byte_macros('aes32esi', 'aes32esmi', 'aes32dsi', 'aes32dsmi') + '#endif\n',
         'zks': byte_macros('sm4ed', 'sm4ks'), 'zicond': """
.macro czero.eqz d, s, t
    .insn r 0x33, 5, 7, \\d, \\s, \\t
.endm
.macro czero.nez d, s, t
    .insn r 0x33, 7, 7, \\d, \\s, \\t
.endm
"""}


def edges(n):
    m = 1 << (n - 1)
    e = [0, 1, -1, m, m - 1, 2, -2, 0x7fff, -0x8000]
    if n == 64:
        e += [1 << 31, (1 << 31) - 1, -(1 << 31), (1 << 32) - 1, 1 << 32, -(1 << 32)]
    return e


def pairs(cls, n):
    e = edges(n)
    out = []
    if cls == 's':  # shift amounts, in and out of range
        for a in (1, 1 << (n - 1), -1, 0x0123456789abcdef, 0xfedcba9876543210):
            for k in (0, 1, 31, 32, n - 1, n, n + 1, -1):
                if rng.random() < .45 or k in (n - 1, n):
                    out.append((a, k))
    elif cls == 'i':
        for a in e:
            out.append((a, rng.choice([0, 1, -1, 2047, -2048, 0x555])))
        out += [(rng.getrandbits(n), rng.randrange(-2048, 2048)) for _ in range(5)]
        out += [(-1, -1), (-2048, -2048), (2047, 2047), ((1 << n - 1) - 1, 1), (1 << n - 1, -1)]
    elif cls in 'hw':
        top = 31 if cls == 'w' else n - 1
        for k in (0, 1, 7, 16, 31, top):
            for a in (-1, 1, 0xfedcba9876543210, 0x0123456789abcdef, 1 << (n - 1)):
                if rng.random() < .6 or k == top:
                    out.append((a, k))
    elif cls == 'r':  # AES's round numbers
        out = [(a, k) for k in range(11) for a in (0, rng.getrandbits(n))]
    elif cls == 'x':  # s-boxes and permutations: every byte counts
        out = [(0, 0), (-1, -1), (0, -1), (0x0123456789abcdef, 0x0706050403020100), (0xfedcba9876543210, 0x76543210),
               (0x8877665544332211, 0x0f0e0d0c0b0a0908), (0x8877665544332211, 0x0001020304050607)]
        out += [(rng.getrandbits(n), rng.getrandbits(n)) for _ in range(24)]
    elif cls == 'd':
        m = 1 << (n - 1)
        out = [(m, -1), (m, 1), (m, 0), (0, 0), (-1, 0), (7, 2), (-7, 2), (7, -2), (-7, -2), (m - 1, -1), (m, m),
               (1, m), (-1, m), (0, -1), (5, 7)]
        if n == 64:
            w = 1 << 31
            out += [(w, -1), (-w, -1), (w, 0xffffffff), (-w, 0), (0x1_00000005, 0x2_00000000), (w, 1 << 32),
                    (0xffffffff_00000007, 0x1_00000002), (0x80000000_80000000, 0x12345678_ffffffff)]
        out += [(rng.getrandbits(n), rng.getrandbits(rng.randrange(2, n))) for _ in range(8)]
    else:
        out = [(0, 0), (1, 1), (-1, -1), (1 << n - 1, -1), (1 << n - 1, 1 << n - 1), ((1 << n - 1) - 1, 1)]
        out += [(rng.choice(e), rng.choice(e)) for _ in range(12)]
        out += [(rng.getrandbits(n), rng.getrandbits(n)) for _ in range(8)]
    seen = []
    for a, b in out:
        p = (u(a, n), b if cls in 'ihwr' else u(b, n))
        if p not in seen:
            seen.append(p)
    return seen


def singles(n):
    out = edges(n) + [0x80, 0x7f, 0xff, 0x8080, 0x0123456789abcdef, 0xfedcba9876543210, 0x0100000000000000, 0x00ff00ff00ff00ff]
    return [u(a, n) for a in out] + [1 << k for k in (3, 17, n - 2)] + [rng.getrandbits(n) for _ in range(6)]


def hexa(v, n):
    return f'0x{u(v, n):0{n // 4}x}'


def int_table(kind, name, f, cls, n, out):
    out.append(f'    {kind} {name}')
    if kind == 'RU':
        for a in singles(n):
            out.append(f'    VU {hexa(a, n)}, {hexa(f(a, n), n)}')
    else:
        for a, b in pairs(cls, n):
            bb = str(b) if kind == 'RI' else hexa(b, n)
            out.append(f'    {"VI" if kind == "RI" else "V"} {hexa(a, n)}, {bb}, {hexa(f(a, b, n), n)}')


def int_file(name, subject, ops):
    rng.seed(name)
    runs = ['//: rv64 -cpu max'] + (['//: rv32 -cpu max32'] if any(o[3] != '6' for o in ops) else [])
    out = ['\n'.join(runs), HEAD.format(subject=subject) + '#include "macros.h"' + EXTRA.get(name, ''), '    START']
    for n in (64, 32):
        out.append(f'#if XLEN == {n}')
        for kind, op, f, xl, cls in ops:
            if xl == 'b' or xl == str(n)[0]:
                int_table(kind, op, f, cls, n, out)
        out.append('#endif')
    out.append('    PASS')
    return '\n'.join(out) + '\n'


# -- Atomic operations --

AMO = [('amoswap', lambda m, b, n: b), ('amoadd', ADD), ('amoxor', lambda m, b, n: m ^ b), ('amoand', lambda m, b, n: m & b),
       ('amoor', lambda m, b, n: m | b), ('amomin', lambda m, b, n: min(s(m, n), s(b, n))),
       ('amomax', lambda m, b, n: max(s(m, n), s(b, n))), ('amominu', lambda m, b, n: min(u(m, n), u(b, n))),
       ('amomaxu', lambda m, b, n: max(u(m, n), u(b, n)))]


def amo_file():
    rng.seed('amo')
    out = ['//: rv64 -cpu max\n//: rv32 -cpu max32', HEAD.format(subject='A: atomic memory operations') +
           '#include "macros.h"\n#include "amo-macros.h"', '    START\n    la s1, amo_slot']
    for xlen in (64, 32):
        out.append(f'#if XLEN == {xlen}')
        for name, f in AMO:
            for suffix, n in (('w', 32), ('d', 64)):
                if n > xlen:
                    continue
                out.append(f'    AMO {name}.{suffix}, {suffix}')
                for m, b in pairs('v', n):
                    rs2 = b | (rng.getrandbits(32) << 32 if n < xlen else 0)  # the upper half does not count
                    out.append(f'    V4 {hexa(m, n)}, {hexa(rs2, xlen)}, {hexa(s(m, n), xlen)}, {hexa(f(m, b, n), n)}')
        out.append('#endif')
    return '\n'.join(out + ['    PASS', ''])


FUNCT5 = {'amoadd': 0, 'amoswap': 1, 'amoxor': 4, 'amoor': 8, 'amoand': 12, 'amomin': 16, 'amomax': 20, 'amominu': 24,
          'amomaxu': 28}


def zabha_file():
    rng.seed('zabha')
    out = ['//: rv64 -cpu max\n//: rv32 -cpu max32', HEAD.format(subject='Zabha: atomic operations on bytes and halfwords') +
           '#include "macros.h"\n#include "amo-macros.h"', '    START\n    la s1, amo_slot']
    for xlen in (64, 32):
        out.append(f'#if XLEN == {xlen}')
        for name, f in AMO:
            for suffix, n, funct3, offsets in (('b', 8, 0, range(4)), ('h', 16, 1, (0, 2))):
                for offset in offsets:
                    out.append(f'    SUB {name}.{suffix}, {FUNCT5[name]}, {funct3}, {offset}')
                    for m, b in pairs('v', n)[offset::len(offsets)]:
                        lane = ((1 << n) - 1) << 8 * offset
                        word = (rng.getrandbits(32) & ~lane) | m << 8 * offset
                        new = (word & ~lane) | u(f(m, b, n), n) << 8 * offset
                        rs2 = b | rng.getrandbits(xlen - n) << n  # the upper bits do not count
                        out.append(f'    V4 {hexa(word, xlen)}, {hexa(rs2, xlen)}, {hexa(s(m, n), xlen)}, {hexa(new, xlen)}')
        out.append('#endif')
    return '\n'.join(out + ['    PASS', ''])


# -- Floating point --

NX, UF, OF, DZ, NV = 1, 2, 4, 8, 16
RNE, RTZ, RDN, RUP, RMM = range(5)


class Fmt:
    def __init__(self, name, ebits, mbits):
        self.name, self.e, self.m = name, ebits, mbits
        self.n = 1 + ebits + mbits
        self.bias = (1 << (ebits - 1)) - 1
        self.emin = 1 - self.bias
        self.inf = ((1 << ebits) - 1) << mbits
        self.nan = self.inf | 1 << (mbits - 1)
        self.sign = 1 << (self.n - 1)
        self.max = self.inf - 1

    def box(self, v):
        return u(-1 << self.n, 64) | v if self.n < 64 else v

    def unbox(self, v):
        return u(v, self.n) if v >> self.n == u(-1, 64) >> self.n or self.n == 64 else self.nan

    def is_nan(self, v):
        return v & ~self.sign > self.inf

    def is_snan(self, v):
        return self.is_nan(v) and not v >> (self.m - 1) & 1

    def is_inf(self, v):
        return v & ~self.sign == self.inf

    def neg(self, v):
        return bool(v & self.sign)

    def value(self, v):
        e, f = v >> self.m & ((1 << self.e) - 1), v & ((1 << self.m) - 1)
        q = Fraction(f) * Fraction(2) ** (self.emin - self.m) if e == 0 else \
            Fraction(f | 1 << self.m) * Fraction(2) ** (e - self.bias - self.m)
        return -q if self.neg(v) else q

    def round(self, x, rm, negzero=False):
        """The nearest representable value of an exact one, and flags; tininess is seen after rounding."""
        if x == 0:
            return (self.sign if negzero else 0), 0
        neg, x = x < 0, abs(x)
        sign = self.sign if neg else 0
        e = exponent(x)
        q, inexact = round_int(x / Fraction(2) ** (e - self.m), rm, neg)
        tiny = e < self.emin
        if tiny and e == self.emin - 1 and q == 1 << (self.m + 1):
            tiny = False  # rounds up to the smallest normal with unbounded exponents
        ee = max(e, self.emin)
        q, inexact = round_int(x / Fraction(2) ** (ee - self.m), rm, neg)
        if q == 1 << (self.m + 1):
            q >>= 1
            ee += 1
        flags = NX if inexact else 0
        if tiny and inexact:
            flags |= UF
        if ee > self.bias:
            up = rm in (RNE, RMM) or (rm == RUP and not neg) or (rm == RDN and neg)
            return sign | (self.inf if up else self.max), OF | NX
        if q < 1 << self.m:
            return sign | q, flags
        return sign | (ee + self.bias) << self.m | (q - (1 << self.m)), flags


def exponent(x):
    e = x.numerator.bit_length() - x.denominator.bit_length()
    return e if Fraction(2) ** e <= x else e - 1


def round_int(x, rm, neg):
    """x >= 0 to an integer, and whether that lost something."""
    q, r = divmod(x.numerator, x.denominator)
    half = Fraction(r, x.denominator)
    up = {RNE: half > Fraction(1, 2) or (half == Fraction(1, 2) and q & 1), RTZ: False, RDN: neg and r,
          RUP: not neg and r, RMM: half >= Fraction(1, 2)}[rm]
    return q + bool(up), r != 0


H, S, D = Fmt('h', 5, 10), Fmt('s', 8, 23), Fmt('d', 11, 52)
FMTS = {'h': H, 's': S, 'd': D}


def nan_in(t, *vs):
    """Flags if any operand is a NaN, else None."""
    if any(t.is_nan(v) for v in vs):
        return NV if any(t.is_snan(v) for v in vs) else 0
    return None


def fadd(t, rm, a, b):
    fl = nan_in(t, a, b)
    if fl is not None:
        return t.nan, fl
    if t.is_inf(a) and t.is_inf(b):
        return (a, 0) if a == b else (t.nan, NV)
    if t.is_inf(a) or t.is_inf(b):
        return (a if t.is_inf(a) else b), 0
    x = t.value(a) + t.value(b)
    negzero = (t.neg(a) and t.neg(b)) if t.neg(a) == t.neg(b) else rm == RDN
    return t.round(x, rm, negzero)


def fsub(t, rm, a, b):
    return fadd(t, rm, a, b if t.is_nan(b) else b ^ t.sign)


def fmul(t, rm, a, b):
    fl = nan_in(t, a, b)
    if fl is not None:
        return t.nan, fl
    sign = (a ^ b) & t.sign
    if t.is_inf(a) or t.is_inf(b):
        zero = (not t.is_inf(a) and t.value(a) == 0) or (not t.is_inf(b) and t.value(b) == 0)
        return (t.nan, NV) if zero else (sign | t.inf, 0)
    return t.round(t.value(a) * t.value(b), rm, bool(sign))


def fdiv(t, rm, a, b):
    fl = nan_in(t, a, b)
    if fl is not None:
        return t.nan, fl
    sign = (a ^ b) & t.sign
    if t.is_inf(a):
        return (t.nan, NV) if t.is_inf(b) else (sign | t.inf, 0)
    if t.is_inf(b):
        return sign, 0
    if t.value(b) == 0:
        return (t.nan, NV) if t.value(a) == 0 else (sign | t.inf, DZ)
    return t.round(t.value(a) / t.value(b), rm, bool(sign))


def fsqrt(t, rm, a):
    fl = nan_in(t, a)
    if fl is not None:
        return t.nan, fl
    if a in (0, t.sign, t.inf):
        return a, 0
    if t.neg(a):
        return t.nan, NV
    x = t.value(a)
    k = 2 * (t.m + 400) + (x.denominator.bit_length() - 1) % 2 + 1
    # sqrt to many bits, with a sticky bit below
    scale = 2 * (t.m + 700)
    i = x * Fraction(2) ** scale
    assert i.denominator == 1
    r = isqrt(i.numerator)
    q = Fraction(2 * r + (r * r != i.numerator)) / 2
    return t.round(q / Fraction(2) ** (scale // 2), rm)


def fma(t, rm, a, b, c, np=False, nc=False):
    """(-1)^np (a * b) + (-1)^nc c, rounded once."""
    zero_inf = (t.is_inf(a) and b & ~t.sign == 0) or (t.is_inf(b) and a & ~t.sign == 0)
    fl = nan_in(t, a, b, c)
    if fl is not None:
        return t.nan, fl | (NV if zero_inf else 0)
    if zero_inf:
        return t.nan, NV
    ps = t.neg(a) ^ t.neg(b) ^ np
    cs = t.neg(c) ^ nc
    if t.is_inf(a) or t.is_inf(b):
        if t.is_inf(c) and cs != ps:
            return t.nan, NV
        return (t.sign if ps else 0) | t.inf, 0
    if t.is_inf(c):
        return (t.sign if cs else 0) | t.inf, 0
    p = t.value(a) * t.value(b) * (-1 if np else 1)
    x = p + t.value(c) * (-1 if nc else 1)
    return t.round(x, rm, ps if ps == cs else rm == RDN)


def order(t, v):
    return (t.value(v) if not t.is_inf(v) else Fraction(10) ** 400 * (-1 if t.neg(v) else 1), not t.neg(v))


def fminmax(t, a, b, maximum, propagate=False):
    fl = NV if t.is_snan(a) or t.is_snan(b) else 0
    if propagate and (t.is_nan(a) or t.is_nan(b)):
        return t.nan, fl
    if t.is_nan(a) or t.is_nan(b):
        return (t.nan if t.is_nan(a) and t.is_nan(b) else b if t.is_nan(a) else a), fl
    return (max if maximum else min)((a, b), key=lambda v: order(t, v)), fl


def compare(t, a, b, op, quiet):
    if t.is_nan(a) or t.is_nan(b):
        return 0, (NV if not quiet or t.is_snan(a) or t.is_snan(b) else 0)
    x, y = order(t, a)[0], order(t, b)[0]
    return int({'eq': x == y, 'lt': x < y, 'le': x <= y}[op]), 0


def fclass(t, a):
    n = t.neg(a)
    if t.is_nan(a):
        return 1 << (8 if t.is_snan(a) else 9)
    if t.is_inf(a):
        return 1 if n else 1 << 7
    if a & ~t.sign == 0:
        return 1 << (3 if n else 4)
    if a >> t.m & ((1 << t.e) - 1) == 0:
        return 1 << (2 if n else 5)
    return 1 << (1 if n else 6)


def to_int(t, rm, a, width, signed):
    lo, hi = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
    if t.is_nan(a):
        return hi, NV
    if t.is_inf(a):
        return (lo if t.neg(a) else hi), NV
    x = t.value(a)
    q, inexact = round_int(abs(x), rm, x < 0)
    q = -q if x < 0 else q
    if not lo <= q <= hi:
        return (lo if q < lo else hi), NV
    return q, NX if inexact else 0


def fround(t, rm, a, nx):
    if t.is_nan(a):
        return t.nan, NV if t.is_snan(a) else 0
    if t.is_inf(a):
        return a, 0
    x = t.value(a)
    q, inexact = round_int(abs(x), rm, x < 0)
    r, fl = t.round(Fraction(-q if x < 0 else q), RNE, t.neg(a))
    assert fl == 0
    return r, NX if nx and inexact else 0


def fcvtmod(a):
    if D.is_nan(a) or D.is_inf(a):
        return 0, NV
    x = D.value(a)
    q, inexact = round_int(abs(x), RTZ, x < 0)
    q = -q if x < 0 else q
    if not -(1 << 31) <= q < 1 << 31:
        return s(q, 32), NV
    return q, NX if inexact else 0


def convert(f, t, rm, a):
    if f.is_nan(a):
        return t.nan, NV if f.is_snan(a) else 0
    if f.is_inf(a):
        return (t.sign if f.neg(a) else 0) | t.inf, 0
    return t.round(f.value(a), rm, f.neg(a))


def specials(t):
    one = t.bias << t.m
    return [0, one, t.inf, t.nan, t.nan - 1 - (1 << (t.m - 1)) + 2, 1, (1 << t.m) - 1, 1 << t.m, t.max, one | 1,
            one + (1 << (t.m - 1)), one - 1]


def rand_fp(t):
    k = rng.random()
    if k < .25:
        v = rng.choice(specials(t))
    elif k < .7:  # near 1
        v = (t.bias + rng.randrange(-4, 5)) << t.m | rng.getrandbits(t.m)
    elif k < .8:  # few bits
        v = (t.bias + rng.randrange(-8, 8)) << t.m | rng.getrandbits(3) << (t.m - 3)
    else:
        v = rng.getrandbits(t.n - 1)
    return v | (t.sign if rng.random() < .4 else 0)


def operands(t, count, n):
    """Rows of operands: special values met with each other, then random ones."""
    sp = specials(t)
    out = []
    if count == 1:
        out = [(a | sg,) for a in sp for sg in (0, t.sign)]
    elif count == 2:
        one = t.bias << t.m
        out = [(a, b) for a in (0, t.sign, t.inf, t.inf | t.sign, one) for b in (0, t.sign, t.inf, t.inf | t.sign)]
        snan = t.inf | 1
        out += [(t.nan, one), (one, t.nan | t.sign), (snan, one), (one, snan), (snan, t.nan), (t.nan | 5, t.nan | 9),
                (t.max, t.max), (t.max | t.sign, t.max), (1, 1), (1, 1 | t.sign), (one, one), (one, one | t.sign),
                (t.max, 1 << t.m), (1 << t.m, 1), ((1 << t.m) + 1, (t.bias - 1) << t.m), (1 << t.m, one - 1),
                (1 << t.m, one + 1), (t.max, one + 1), (one, (t.bias - t.m - 1) << t.m), (one, 3 << t.m)]
    else:
        one = t.bias << t.m
        out = [(t.inf, 0, one), (0, t.inf, t.nan), (t.inf, one, t.inf | t.sign), (t.inf, one, t.inf), (one, one, one | t.sign),
               (0, one, 0), (0, one | t.sign, 0), (0, one, t.sign), (0, one | t.sign, t.sign), (t.nan, one, one),
               (one, one, t.inf | 1), (one + 1, one - 1, one | t.sign), (1 << t.m, one - 1, 0), (t.max, t.max, t.max | t.sign),
               (t.max, one + (1 << t.m), t.max | t.sign), (1, 1, one), (1, 1, 1 | t.sign), (1, 1, 0)]
    while len(out) < n:
        out.append(tuple(rand_fp(t) for _ in range(count)))
    return out


def F(rm, ops, result, flags):
    ops = list(ops) + [0] * (3 - len(ops))
    return '    F %d, %s, 0x%016x, %d' % (rm, ', '.join('0x%016x' % o for o in ops), u(result, 64), flags)


def boxed_rows(t, ops, rms, f, result_box=True):
    """Rows of an instruction on format t; f(rm, *operands) -> (bits, flags)."""
    out = []
    for o in ops:
        some = rms if len(rms) == 1 else rng.sample(rms, 2)
        answers = {rm: f(rm, *o) for rm in rms}
        if len(set(answers.values())) > 1:
            some = rms  # the mode matters
        for rm in some:
            r, fl = answers[rm]
            out.append(F(rm, [t.box(v) for v in o], t.box(r) if result_box else r, fl))
    if t.n < 64:  # improper boxes are NaNs
        o = [list(map(t.box, ops[-1])) for _ in range(len(ops[-1]))]
        for i, row in enumerate(o):
            row[i] = (row[i] & ((1 << t.n) - 1)) | (0x7fffffff if t.n == 32 else 0xfffffffeffff) << (t.n if t.n == 32 else 16)
            row[i] = u(row[i], 64)
            r, fl = f(rms[0], *[t.unbox(v) for v in row])
            out.append(F(rms[0], row, t.box(r) if result_box else r, fl))
    return out


ALL = [RNE, RTZ, RDN, RUP, RMM]


def fp_file(subject, body, extra='', runs=None, cond=None):
    runs = runs or ['//: rv64 -cpu max', '//: rv32 -cpu max32']
    return '\n'.join(runs) + '\n' + HEAD.format(subject=subject) + '#include "macros.h"\n#include "fp-macros.h"\n' + \
        extra + '\n    START\n    FP_START\n' + '\n'.join(body) + '\n    PASS\n'


def table(kind, op, rounds, rows):
    return [f'    FP_{kind} {op}, {rounds}'] + rows


def at_xlen(n, rows):
    return [f'#if XLEN == {n}'] + rows + ['#endif']


def fp_files():
    files = {}
    for fm, t in FMTS.items():
        rng.seed(fm)
        big = {'h': 'Zfh', 's': 'F', 'd': 'D'}[fm]
        body = []
        for op, f in (('fadd', fadd), ('fsub', fsub), ('fmul', fmul), ('fdiv', fdiv)):
            body += table('fff', f'{op}.{fm}', 1, boxed_rows(t, operands(t, 2, 56), ALL, lambda rm, a, b: f(t, rm, a, b)))
        files[f'arith-{fm}'] = fp_file(f'{big}: fadd, fsub, fmul, fdiv', body)
        body = table('ff', f'fsqrt.{fm}', 1, boxed_rows(t, operands(t, 1, 40), ALL, lambda rm, a: fsqrt(t, rm, a)))
        for op, x in (('fmin', False), ('fmax', True)):
            body += table('fff', f'{op}.{fm}', 0, boxed_rows(t, operands(t, 2, 48), [0], lambda rm, a, b: fminmax(t, a, b, x)))
        for op, g in (('fsgnj', lambda a, b: b), ('fsgnjn', lambda a, b: ~b), ('fsgnjx', lambda a, b: a ^ b)):
            body += table('fff', f'{op}.{fm}', 0, boxed_rows(t, operands(t, 2, 30)[15:], [0],
                          lambda rm, a, b: (a & ~t.sign | g(a, b) & t.sign, 0)))
        for op in ('eq', 'lt', 'le'):
            body += table('xff', f'f{op}.{fm}', 0, boxed_rows(t, operands(t, 2, 48), [0],
                          lambda rm, a, b: compare(t, a, b, op, op == 'eq'), False))
        body += table('xf', f'fclass.{fm}', 0, boxed_rows(t, operands(t, 1, 30), [0], lambda rm, a: (fclass(t, a), 0), False))
        files[f'misc-{fm}'] = fp_file(f'{big}: fsqrt, fmin, fmax, fsgnj*, comparisons, fclass', body)
        body = []
        for op, np, nc in (('fmadd', 0, 0), ('fmsub', 0, 1), ('fnmsub', 1, 0), ('fnmadd', 1, 1)):
            body += table('ffff', f'{op}.{fm}', 1, boxed_rows(t, operands(t, 3, 48), ALL,
                          lambda rm, a, b, c: fma(t, rm, a, b, c, np, nc)))
        files[f'fma-{fm}'] = fp_file(f'{big}: fused multiply-add', body)
        files[f'convert-{fm}'] = convert_file(big, fm, t)
        files[f'zfa-{fm}'] = zfa_file(fm, t)
    return files


def int_limits(t, width):
    """Values around the limits of integers of that width."""
    out = []
    for x in (Fraction(1 << (width - 1)), Fraction(1 << width)):
        for d in (-2, -1, Fraction(-1, 2), 0, Fraction(1, 2), 1, 2):
            for sg in (1, -1):
                for rm in (RTZ, RUP):
                    v, fl = t.round(sg * (x + d), rm)
                    out.append((v,))
    for x in (Fraction(1, 2), Fraction(3, 2), Fraction(5, 2), Fraction(1, 4), Fraction(3, 4), Fraction(-1, 1)):
        out += [(t.round(x, RNE)[0],), (t.round(-x, RNE)[0],)]
    return list(dict.fromkeys(out))


def convert_file(big, fm, t):
    body = []
    for n in (64, 32):
        rows = []
        for suffix, width, signed in (('w', 32, True), ('wu', 32, False), ('l', 64, True), ('lu', 64, False)):
            if width > n:
                continue
            ops = int_limits(t, width) + operands(t, 1, 36)
            rows += table('xf', f'fcvt.{suffix}.{fm}', 1, boxed_rows(t, ops, ALL, lambda rm, a: (
                lambda r: (u(s(r[0], width), n) if width == 32 else u(r[0], n), r[1]))(to_int(t, rm, a, width, signed)), False))
            vals = [0, 1, -1, 1 << (width - 1), (1 << (width - 1)) - 1, (1 << (width - 1)) + 1, 0xffffff, 0x1000001, 0x1000003,
                    -0x1000001, 65504, 65519, 65520, 2047, 2049, 2051] + [rng.getrandbits(width) for _ in range(8)] + \
                   [rng.getrandbits(rng.randrange(1, width)) for _ in range(8)]
            if n == 64 and width == 32:
                vals += [0x1_00000001, 0xffffffff_00000000, 0x12345678_80000000]
            if n == 64 and width == 64:
                vals += [0x7ffffffffffffdff, 0x7ffffffffffffe00, 0x8000000000000400, 0x8000000000000401, 0x20000000000001,
                         0x20000000000003, 0xfffffffffffffbff, 0xfffffffffffffc00]
            out = []
            for v in vals:
                v = u(v, n)
                x = s(v, width) if signed else u(v, width)
                ans = {rm: t.round(Fraction(x), rm) for rm in ALL}
                for rm in ALL if len(set(ans.values())) > 1 else [rng.choice(ALL)]:
                    out.append(F(rm, [v], t.box(ans[rm][0]), ans[rm][1]))
            # the widest integers are exact in double when they come from 32 bits: no rounding mode in the assembler's form
            rows += table('fx', f'fcvt.{fm}.{suffix}', 0 if fm == 'd' and width == 32 else 1, out)
        body += at_xlen(n, rows)
    for ot in FMTS.values():
        if ot is not t:
            widening = ot.n > t.n
            body += table('ff', f'fcvt.{ot.name}.{fm}', 0 if widening else 1,
                          convert_rows(t, ot, ALL))
    moves = [0, t.nan, t.inf | t.sign, 0x1234, t.sign | 1]
    ext = [(t.box(v), s(v, t.n)) for v in moves] + [(0x0123456789abcdef, s(0x0123456789abcdef, t.n))]
    x = {'h': 'h', 's': 'w', 'd': 'd'}[fm]
    for n in (64, 32):
        if t.n <= n:
            rows = table('xf', f'fmv.x.{x}', 0, [F(0, [a], u(r, n), 0) for a, r in ext])
            rows += table('fx', f'fmv.{x}.x', 0, [F(0, [u(v, n)], t.box(u(v, t.n)), 0)
                                                  for v in moves + [0x0123456789abcdef, -1]])
            body += at_xlen(n, rows)
    return fp_file(f'{big}: conversions and moves', body)


def convert_rows(t, ot, rms):
    out = []
    ops = operands(t, 1, 40)
    for k in (0, 1, -1):  # around the narrower format's limits
        for base in (ot.max, ot.inf - 2, 1, 1 << ot.m, (1 << ot.m) - 1):
            if ot.n < t.n:
                v, _ = t.round(ot.value(base), RNE)
                for d in (0, k, k << (t.m - ot.m - 1), (k << (t.m - ot.m - 1)) + k):
                    ops.append((u(v + d, t.n - 1),))
    for (a,) in ops:
        ans = {rm: convert(t, ot, rm, a) for rm in rms}
        for rm in rms if len(set(ans.values())) > 1 else [rng.choice(rms)]:
            out.append(F(rm, [t.box(a)], ot.box(ans[rm][0]), ans[rm][1]))
    if t.n < 64:
        a = 0x7fffffff3f800000 if t.n == 32 else 0xfffffffffffe3c00
        out.append(F(0, [a], ot.box(ot.nan), 0))
    return out


FLI = ['-1', 'min', '0x1p-16', '0x1p-15', '0x1p-8', '0x1p-7', '0.0625', '0.125', '0.25', '0.3125', '0.375', '0.4375', '0.5',
       '0.625', '0.75', '0.875', '1', '1.25', '1.5', '1.75', '2', '2.5', '3', '4', '8', '16', '128', '256', '32768',
       '65536', 'inf', 'nan']


def zfa_file(fm, t):
    f7 = {'s': 0, 'd': 1, 'h': 2}[fm]
    extra = ''
    for op, base, rm in (('fminm', 0x14, 2), ('fmaxm', 0x14, 3), ('fleq', 0x50, 4), ('fltq', 0x50, 5)):
        extra += f'.macro {op}.{fm} d, s, t\n    FP_R 0x{base | f7:x}, {rm}, \\d, \\s, \\t\n.endm\n'
    for op, rs2 in (('fround', 4), ('froundnx', 5)):
        extra += f'.macro {op}.{fm} d, s, rm=dyn\n'
        for i, name in enumerate(['rne', 'rtz', 'rdn', 'rup', 'rmm', None, None, 'dyn']):
            if name:
                extra += f'    .ifc \\rm, {name}\n    FP_R 0x{0x20 | f7:x}, {i}, \\d, \\s, f{rs2}\n    .endif\n'
        extra += '.endm\n'
    for i in range(32):
        extra += f'.macro fli{i}.{fm} d, s\n    FP_R 0x{0x78 | f7:x}, 0, \\d, x{i}, f1\n.endm\n'
    body = []
    for op, x in (('fminm', False), ('fmaxm', True)):
        body += table('fff', f'{op}.{fm}', 0, boxed_rows(t, operands(t, 2, 48), [0],
                      lambda rm, a, b: fminmax(t, a, b, x, True)))
    for op, c in (('fleq', 'le'), ('fltq', 'lt')):
        body += table('xff', f'{op}.{fm}', 0, boxed_rows(t, operands(t, 2, 48), [0],
                      lambda rm, a, b: compare(t, a, b, c, True), False))
    halves = [(t.round(Fraction(k, 2), RNE)[0] | sg,) for k in range(1, 8) for sg in (0, t.sign)]
    halves += [((t.bias + t.m - 1) << t.m | 1,), ((t.bias + t.m) << t.m | 1,), ((t.bias + t.m + 1) << t.m | 1,),
               ((t.bias - 1) << t.m | 1,), ((t.bias - 1) << t.m,), ((t.bias - 2) << t.m,)]
    for op, nx in (('fround', False), ('froundnx', True)):
        body += table('ff', f'{op}.{fm}', 1, boxed_rows(t, halves + operands(t, 1, 36), ALL,
                      lambda rm, a: fround(t, rm, a, nx)))
    for i, name in enumerate(FLI):
        if name in ('inf', 'nan', 'min'):
            v = {'inf': t.inf, 'nan': t.nan, 'min': 1 << t.m}[name]
        else:
            v = t.round(Fraction(float.fromhex(name) if 'x' in name else float(name)), RNE)[0]
        body += table('ff', f'fli{i}.{fm}', 0, [F(0, [t.box(t.nan)], t.box(v), 0)])
    if fm == 'd':
        extra += '.macro fcvtmod.w.d d, s\n    FP_R 0x61, 1, \\d, \\s, f8\n.endm\n'
        ops = int_limits(D, 32) + operands(D, 1, 60) + [((1023 + k) << 52 | rng.getrandbits(52) | rng.getrandbits(1) << 63,)
                                                        for k in range(28, 90, 3)]
        for n in (64, 32):
            body += at_xlen(n, table('xf', 'fcvtmod.w.d', 0, [F(0, o, u(fcvtmod(*o)[0], n), fcvtmod(*o)[1]) for o in ops]))
        extra += '.macro fmvh.x.d d, s\n    FP_R 0x71, 0, \\d, \\s, f1\n.endm\n'
        body += at_xlen(32, table('xf', 'fmvh.x.d', 0, [F(0, [v], v >> 32, 0) for v in (0x123456789abcdef0, u(-5, 64))]))
        extra += '.macro fmvp.d.x d, s, t\n    FP_R 0x59, 0, \\d, \\s, \\t\n.endm\n'
        body += at_xlen(32, table('fxx', 'fmvp.d.x', 0, [F(0, [a, b], b << 32 | a, 0) for a, b in (
            (0, 0), (0xffffffff, 0), (0, 0xffffffff), (0x9abcdef0, 0x12345678), (0x7fffffff, 0xfff00000))]))
    return fp_file(f'Zfa for {fm}', body, extra)


def main():
    files = {name: int_file(name, *spec) for name, spec in INT.items()}
    files['amo'] = amo_file()
    files['zabha'] = zabha_file()
    files.update(fp_files())
    if set(sys.argv[2:]) != set(files):
        sys.exit('rows.py: tests/dir.mk should have INSN_ROWS = ' + ' '.join(sorted(files)))
    for name, text in files.items():
        with open(os.path.join(sys.argv[1], name + '.S'), 'w') as f:
            f.write(text)


main()
