#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random T32 instructions of an M-profile core as assembly: make-random.py SEED BLOCKS m0|m23|m3|m4|m33|m7 >blocks.S

Each block is a function that loads its registers from the struct that it is given, executes a dozen instructions and
puts them back; tests/cortex-m/random.c calls each with random values and prints a checksum a block."""
import random
import sys

seed, blocks, core = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng = random.Random(seed)
small = core in ("m0", "m23")   # the T16 set, m23 with a few of T32
v8m = core in ("m23", "m33")
fp = core in ("m4", "m33", "m7")
fpv5 = core in ("m33", "m7")
double = core == "m7"
LOW = ["r%d" % n for n in range(7)]
ALL = LOW if small else LOW + ["r8", "r9", "r10", "r11"]
CONDITIONS = "eq ne cs cc mi pl vs vc hi ls ge lt gt le".split()


def low():
    return rng.choice(LOW)


def reg():
    return rng.choice(ALL)


def two():
    return tuple(rng.sample(ALL, 2))


def imm(bits):
    return rng.choice([0, 1, (1 << bits) - 1, rng.randrange(1 << bits), rng.randrange(1 << bits)])


def modified():
    kind, b = rng.randrange(5), rng.randrange(256)
    return [b, b | b << 16, b << 8 | b << 24, b * 0x01010101, (b | 0x80) << rng.randrange(1, 24)][kind]


def shift(ops="lsl lsr asr ror"):
    op = rng.choice(ops.split())
    return ", %s #%d" % (op, rng.randrange(1, 32)) if rng.randrange(4) else ""


def narrow():
    a, b, c = low(), low(), low()
    return rng.choice([
        lambda: "lsls %s, %s, #%d" % (a, b, imm(5)),
        lambda: "%s %s, %s, #%d" % (rng.choice(["lsrs", "asrs"]), a, b, rng.randrange(1, 33)),
        lambda: "%s %s, %s, %s" % (rng.choice(["adds", "subs"]), a, b, c),
        lambda: "%s %s, %s, #%d" % (rng.choice(["adds", "subs"]), a, b, imm(3)),
        lambda: "%s %s, #%d" % (rng.choice(["movs", "cmp", "adds", "subs"]), a, imm(8)),
        lambda: "%s %s, %s" % (rng.choice("ands eors lsls lsrs asrs adcs sbcs rors orrs bics".split()), a, b),
        lambda: "%s %s, %s" % (rng.choice("tst cmp cmn mvns".split()), a, b),
        lambda: "rsbs %s, %s, #0" % (a, b),
        lambda: "muls %s, %s, %s" % (a, b, a),
        lambda: "%s %s, %s" % (rng.choice("sxth sxtb uxth uxtb rev rev16 revsh".split()), a, b),
        lambda: "%s %s, %s" % (rng.choice(["mov", "cmp"]), a, b),
        lambda: "%s %s, [r7, #%d]" % (rng.choice(["ldr", "str"]), a, 128 - 4 * rng.randrange(1, 9)),
        lambda: "%s %s, [r7, #%d]" % (rng.choice(["ldrh", "strh"]), a, 62 - 2 * rng.randrange(8)),
        lambda: "%s %s, [r7, #%d]" % (rng.choice(["ldrb", "strb"]), a, 31),
    ])()


def baseline():
    """What Armv8-M's baseline has beyond Armv6-M."""
    d, n, m = low(), low(), low()
    return rng.choice([
        lambda: "%s %s, #%d" % (rng.choice(["movw", "movt"]), d, imm(16)),
        lambda: "%s %s, %s, %s" % (rng.choice(["sdiv", "udiv"]), d, n, m),
        lambda: "%s %s, 1f\n %s\n1:" % (rng.choice(["cbz", "cbnz"]), n, narrow()),
        exclusive,
        acquire,
    ])()


def skipped():
    """A narrow instruction that a branch skips, by the flags."""
    return "b%s 1f\n %s\n1:" % (rng.choice(CONDITIONS), narrow())


def pointer(low_bound=64, high=120):
    """Has R12 point into the block's memory, which narrow addresses can't."""
    return "adds r7, #%d\n mov r12, r7\n subs r7, #%d" % ((rng.randrange(low_bound, high) & ~3,) * 2)


def exclusive():
    """A load and a store of the monitor's, with or without one in between that it has not seen."""
    size = rng.choice(["", "b", "h"])
    d, n, m = rng.sample(LOW, 3)
    acquiring = v8m and rng.randrange(2)
    ld, st = (("ldaex", "stlex") if acquiring else ("ldrex", "strex"))
    return "\n ".join([pointer(), "%s%s %s, [r12]" % (ld, size, d)] + rng.choice([[], [], ["clrex"], [narrow()]]) +
                      ["%s%s %s, %s, [r12]" % (st, size, n, m)])


def acquire():
    return "%s\n %s %s, [r12]" % (pointer(), rng.choice("lda ldab ldah stl stlb stlh".split()), low())


DSP = ["%s%s" % (p, o) for p in ("s", "q", "sh", "u", "uq", "uh") for o in ("add8", "add16", "sub8", "sub16", "asx", "sax")]


def wide():
    d, n, m, a = reg(), reg(), reg(), reg()
    s = rng.choice(["", "s"])
    choices = [
        lambda: "%s%s.w %s, %s, %s%s" % (rng.choice("and bic orr eor add adc sbc sub".split()), s, d, n, m, shift()),
        lambda: "%s%s %s, %s, %s%s" % (rng.choice(["orn", "rsb"]), s, d, n, m, shift()),
        lambda: "%s%s %s, %s, #%d" % (rng.choice("and bic orr orn eor add adc sbc sub rsb".split()), s, d, n, modified()),
        lambda: "%s%s %s, #%d" % (rng.choice(["mov", "mvn"]), s, d, modified()),
        lambda: "%s %s, #%d" % (rng.choice("tst teq cmp cmn".split()), n, modified()),
        lambda: "%s.w %s, %s%s" % (rng.choice("tst teq cmp cmn".split()), n, m, shift()),
        lambda: "%s%s.w %s, %s, %s" % (rng.choice("lsl lsr asr ror".split()), s, d, n, m),
        lambda: "rrx%s %s, %s" % (s, d, n),
        lambda: "%s %s, #%d" % (rng.choice(["movw", "movt"]), d, imm(16)),
        lambda: "%s %s, %s, #%d" % (rng.choice(["addw", "subw"]), d, n, imm(12)),
        lambda: field(d, n),
        lambda: saturate(d, n),
        lambda: "%s %s, %s" % (rng.choice("clz rbit rev.w rev16.w revsh.w".split()), d, n),
        lambda: "mul %s, %s, %s" % (d, n, m),
        lambda: "%s %s, %s, %s, %s" % (rng.choice(["mla", "mls"]), d, n, m, a),
        lambda: "%s %s, %s, %s, %s" % (rng.choice("smull umull smlal umlal".split()), *two(), n, m),
        lambda: "%s %s, %s, %s" % (rng.choice(["sdiv", "udiv"]), d, n, m),
        lambda: "%s.w %s, %s%s" % (rng.choice("sxth sxtb uxth uxtb".split()), d, n, rotation()),
        lambda: memory(d, n),
        multiple,
        exclusive,
        lambda: indexed(d),
    ]
    if v8m:
        choices += [acquire]
    if fp:
        choices += [lambda: dsp(d, n, m, a)] * 6 + [floating] * 6
    if fpv5:
        choices += [newer] * 3
    if double:
        choices += [doubles] * 8
    return rng.choice(choices)()


def rotation():
    return rng.choice(["", ", ror #8", ", ror #16", ", ror #24"])


def field(d, n):
    lsb = rng.randrange(32)
    width = rng.randrange(1, 33 - lsb)
    return rng.choice(["bfi %s, %s, #%d, #%d" % (d, n, lsb, width), "bfc %s, #%d, #%d" % (d, lsb, width),
                       "ubfx %s, %s, #%d, #%d" % (d, n, lsb, width), "sbfx %s, %s, #%d, #%d" % (d, n, lsb, width)])


def saturate(d, n):
    by = rng.choice(["", ", lsl #%d" % rng.randrange(1, 32), ", asr #%d" % rng.randrange(1, 32)])
    return rng.choice(["ssat %s, #%d, %s%s" % (d, rng.randrange(1, 33), n, by),
                       "usat %s, #%d, %s%s" % (d, rng.randrange(32), n, by)])


def memory(d, n):
    at = rng.randrange(64, 120)
    a, b = two()
    return rng.choice(["%s.w %s, [r7, #%d]" % (rng.choice("ldr ldrh ldrb ldrsh ldrsb str strh strb".split()), d, at),
                       "%s %s, %s, [r7, #%d]" % (rng.choice(["ldrd", "strd"]), a, b, at & ~3)])


def multiple():
    """LDM and STM of both directions, with and without a new base."""
    registers = sorted(rng.sample(ALL, rng.randrange(2, 6)), key=lambda r: int(r[1:]))
    op = rng.choice("ldmia ldmdb stmia stmdb".split())
    return "%s\n %s.w r12%s, {%s}" % (pointer(84, 104), op, rng.choice(["", "!"]), ", ".join(registers))


def indexed(d):
    """Accesses with an index before or behind, a register's offset, or as unprivileged."""
    op = rng.choice("ldr ldrh ldrb ldrsh ldrsb str strh strb".split())
    by = rng.randrange(-20, 8)
    index = rng.choice([x for x in ALL if x != d])
    return "%s\n %s" % (pointer(84, 112), rng.choice([
        "%s %s, [r12], #%d" % (op, d, by),
        "%s %s, [r12, #%d]!" % (op, d, by),
        "%s.w %s, [r12, #%d]" % (op, d, -rng.randrange(1, 20)),
        "%st %s, [r12, #%d]" % (op, d, rng.randrange(8)),
        "and.w %s, %s, #3\n %s.w %s, [r12, %s, lsl #%d]" % (index, index, op, d, index, rng.randrange(2)),
    ]))


def dsp(d, n, m, a):
    xy = rng.choice(["bb", "bt", "tb", "tt"])
    x = rng.choice(["", "x"])
    r = rng.choice(["", "r"])
    return rng.choice([
        lambda: "%s %s, %s, %s" % (rng.choice(DSP), d, n, m),
        lambda: "%s %s, %s, %s" % (rng.choice("qadd qsub qdadd qdsub".split()), d, n, m),
        lambda: "sel %s, %s, %s" % (d, n, m),
        lambda: "smul%s %s, %s, %s" % (xy, d, n, m),
        lambda: "smla%s %s, %s, %s, %s" % (xy, d, n, m, a),
        lambda: "smulw%s %s, %s, %s" % (xy[0], d, n, m),
        lambda: "smlaw%s %s, %s, %s, %s" % (xy[0], d, n, m, a),
        lambda: "%s%s %s, %s, %s" % (rng.choice(["smuad", "smusd"]), x, d, n, m),
        lambda: "%s%s %s, %s, %s, %s" % (rng.choice(["smlad", "smlsd"]), x, d, n, m, a),
        lambda: "%s%s %s, %s, %s, %s" % (rng.choice(["smlald", "smlsld"]), x, *two(), n, m),
        lambda: "smlal%s %s, %s, %s, %s" % (xy, *two(), n, m),
        lambda: "umaal %s, %s, %s, %s" % (*two(), n, m),
        lambda: "%s%s %s, %s, %s, %s" % (rng.choice(["smmla", "smmls"]), r, d, n, m, a),
        lambda: "smmul%s %s, %s, %s" % (r, d, n, m),
        lambda: "usad8 %s, %s, %s" % (d, n, m),
        lambda: "usada8 %s, %s, %s, %s" % (d, n, m, a),
        lambda: "pkhbt %s, %s, %s, lsl #%d" % (d, n, m, rng.randrange(1, 32)),
        lambda: "pkhtb %s, %s, %s, asr #%d" % (d, n, m, rng.randrange(1, 33)),
        lambda: "%s %s, %s, %s%s" % (rng.choice("sxtab sxtah uxtab uxtah sxtab16 uxtab16".split()), d, n, m, rotation()),
        lambda: "%s %s, %s%s" % (rng.choice(["sxtb16", "uxtb16"]), d, n, rotation()),
        lambda: "%s %s, #%d, %s" % (*rng.choice([("ssat16", d, rng.randrange(1, 17)), ("usat16", d, rng.randrange(16))]), n),
    ])()


def single():
    return "s%d" % rng.randrange(32)


def twice():
    return "d%d" % rng.randrange(16)


def floating():
    d, n, m = single(), single(), single()
    return rng.choice([
        lambda: "%s.f32 %s, %s, %s" % (rng.choice("vadd vsub vmul vnmul vdiv vmla vmls vnmla vnmls vfma vfms vfnma vfnms".split()),
                                       d, n, m),
        lambda: "%s.f32 %s, %s" % (rng.choice("vabs vneg vsqrt vmov".split()), d, m),
        lambda: "%s.f32 %s, %s" % (rng.choice(["vcmp", "vcmpe"]), d, m),
        lambda: "vmrs APSR_nzcv, fpscr",
        lambda: "%s %s, %s" % (rng.choice(["vcvt.s32.f32", "vcvt.u32.f32", "vcvtr.s32.f32", "vcvtr.u32.f32", "vcvt.f32.s32",
                                           "vcvt.f32.u32", "vcvtb.f16.f32", "vcvtt.f16.f32", "vcvtb.f32.f16",
                                           "vcvtt.f32.f16"]), d, m),
        lambda: "%s %s, %s, #%d" % (rng.choice(["vcvt.s32.f32", "vcvt.u32.f32", "vcvt.f32.s32", "vcvt.f32.u32"]), d, d,
                                    rng.randrange(1, 33)),
        lambda: "vmov %s, %s" % (d, reg()),
        lambda: "vmov %s, %s" % (reg(), d),
        lambda: "vmov.f32 %s, #%.9g" % (d, float_imm()),
        lambda: "%s.f32 %s, #0" % (rng.choice(["vcmp", "vcmpe"]), d),
        lambda: "vmov %s, %s, %s" % (twice(), *two()),
        lambda: "vmov %s, %s, %s" % (*two(), twice()),
        lambda: "%s %s, [r7, #%d]" % (rng.choice(["vldr", "vstr"]), rng.choice([d, twice()]), rng.randrange(64, 120) & ~3),
        lambda: "%s\n %s r12%s, {d%d-d%d}" % (pointer(84, 92), *rng.choice(
            [("vldmia", ""), ("vldmia", "!"), ("vldmdb", "!"), ("vstmia", ""), ("vstmia", "!"), ("vstmdb", "!")]),
            *rng.choice([(3, 4), (0, 1), (14, 15), (7, 8)])),
    ])()


def float_imm():
    """A number that VMOV has as an immediate."""
    return rng.choice([1, -1]) * (16 + rng.randrange(16)) / 16 * 2.0 ** rng.randrange(-3, 5)


def newer():
    """What FPv5 has beyond FPv4."""
    t = rng.choice(["f32", "f64"]) if double else "f32"
    r = twice if t == "f64" else single
    return rng.choice([
        lambda: "vsel%s.%s %s, %s, %s" % (rng.choice("ge gt eq vs".split()), t, r(), r(), r()),
        lambda: "%s.%s %s, %s, %s" % (rng.choice(["vmaxnm", "vminnm"]), t, r(), r(), r()),
        lambda: "vrint%s.%s %s, %s" % (rng.choice(list("rxzanpm")), t, r(), r()),
        lambda: "vcvt%s.%s.%s %s, %s" % (rng.choice(list("anpm")), rng.choice(["s32", "u32"]), t, single(), r()),
    ])()


def doubles():
    d, n, m, s = twice(), twice(), twice(), single()
    return rng.choice([
        lambda: "%s.f64 %s, %s, %s" % (rng.choice("vadd vsub vmul vnmul vdiv vmla vmls vnmla vnmls vfma vfms vfnma vfnms".split()),
                                       d, n, m),
        lambda: "%s.f64 %s, %s" % (rng.choice("vabs vneg vsqrt vmov".split()), d, m),
        lambda: "%s.f64 %s, %s" % (rng.choice(["vcmp", "vcmpe"]), d, rng.choice([m, "#0"])),
        lambda: "vmrs APSR_nzcv, fpscr",
        lambda: "%s %s, %s" % (rng.choice(["vcvt.s32.f64", "vcvt.u32.f64", "vcvtr.s32.f64", "vcvtr.u32.f64", "vcvt.f32.f64",
                                           "vcvtb.f16.f64", "vcvtt.f16.f64"]), s, m),
        lambda: "%s %s, %s" % (rng.choice(["vcvt.f64.f32", "vcvt.f64.s32", "vcvt.f64.u32", "vcvtb.f64.f16", "vcvtt.f64.f16"]),
                               d, s),
        lambda: "%s %s, %s, #%d" % (rng.choice(["vcvt.s32.f64", "vcvt.u32.f64", "vcvt.f64.s32", "vcvt.f64.u32", "vcvt.s16.f64",
                                                "vcvt.f64.u16"]), d, d, rng.randrange(1, 17)),
        lambda: "vmov.f64 %s, #%.9g" % (d, float_imm()),
    ])()


def conditional():
    """An IT block of one to four instructions, which set no flags unless they compare."""
    c = rng.randrange(14)
    names, lines = "", []
    for i in range(rng.randrange(1, 5)):
        other = i and rng.randrange(2)
        names += "" if not i else "e" if other else "t"
        suffix = CONDITIONS[c ^ 1 if other else c]
        op = rng.choice("add.w sub and orr eor mov add lsl asr ror mul cmp ldr".split())
        d, n, m = reg(), reg(), reg()
        if op in ("mov", "cmp"):
            lines.append("%s%s %s, %s" % (op, suffix, d, n))
        elif op == "ldr":
            lines.append("ldr%s %s, [r7, #%d]" % (suffix, low(), 64 + 4 * rng.randrange(8)))
        elif op in ("lsl", "asr", "ror", "mul", "add"):
            d = low()
            lines.append("%s%s %s, %s, %s" % (op, suffix, d, d, low()))
        else:
            lines.append("%s%s.w %s, %s, %s" % (op[:3], suffix, d, n, m))
    return ["it%s %s" % (names, CONDITIONS[c])] + lines


print(" .syntax unified\n .thumb\n .text")
if fp:
    print(" .fpu %s" % {"m4": "fpv4-sp-d16", "m33": "fpv5-sp-d16", "m7": "fpv5-d16"}[core])
for n in range(blocks):
    print(" .thumb_func\n .balign 4\nblock%d:" % n)
    print(" push {r4-r7, lr}\n mov r7, r0")
    if not small:
        print(" push {r8-r11}\n add r0, #32\n ldm r0, {r8-r11}")
    if fp:
        print(" ldr r1, [r7, #52]\n vmsr fpscr, r1\n add r0, r7, #128\n vldm r0, {s0-s31}")
    print(" ldr r1, [r7, #28]\n mov r12, r1\n ldmia r7!, {r0-r6}\n subs r7, #28\n msr %s, r12"
          % ("apsr_nzcvqg" if fp else "apsr_nzcvq"))
    for _ in range(12):
        if core == "m23" and rng.randrange(2) == 0:
            print(" " + baseline())
        elif rng.randrange(12) == 0:
            print(" " + skipped())
        elif small or rng.randrange(3) == 0:
            print(" " + narrow())
        elif rng.randrange(8) == 0:
            print("\n".join(" " + i for i in conditional()))
        else:
            print(" " + wide())
    print(" stmia r7!, {r0-r6}\n mrs r0, apsr\n str r0, [r7]\n subs r7, #28")
    if fp:
        print(" vmrs r0, fpscr\n str r0, [r7, #52]\n add r0, r7, #128\n vstm r0, {s0-s31}")
    if not small:
        print(" add r0, r7, #32\n stm r0, {r8-r11}\n pop {r8-r11}")
    print(" pop {r4-r7, pc}\n")
print(" .section .rodata\n .balign 4\n .global blocks, blocks_end\nblocks:")
for n in range(blocks):
    print(" .word block%d" % n)
print("blocks_end:")
