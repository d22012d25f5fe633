#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random T32 instructions of an M-profile core as assembly: make-random.py SEED BLOCKS m0|m3|m4|m33 >blocks.S

Each block is a function that loads its registers from the struct that it is given, executes a dozen instructions and
puts them back; tests/cortex-m/random.c calls each with random values and prints a checksum a block."""
import random
import sys

seed, blocks, core = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng = random.Random(seed)
small = core == "m0"
fp = core in ("m4", "m33")
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
    ]
    if fp:
        choices += [lambda: dsp(d, n, m, a)] * 6 + [floating] * 6
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


def floating():
    d, n, m = ("s%d" % rng.randrange(16) for _ in range(3))
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
    ])()


def conditional():
    """An instruction that may stand in an IT block, made conditional."""
    c = rng.choice(CONDITIONS)
    d, n, m = reg(), reg(), reg()
    op = rng.choice(["add", "sub", "and", "orr", "eor", "mov"])
    if op == "mov":
        return ["it %s" % c, "mov%s.w %s, %s" % (c, d, n)]
    return ["it %s" % c, "%s%s.w %s, %s, %s" % (op, c, d, n, m)]


print(" .syntax unified\n .thumb\n .text")
if fp:
    print(" .fpu fpv4-sp-d16")
for n in range(blocks):
    print(" .thumb_func\n .balign 4\nblock%d:" % n)
    print(" push {r4-r7, lr}\n mov r7, r0")
    if not small:
        print(" push {r8-r11}\n add r0, #32\n ldm r0, {r8-r11}")
    if fp:
        print(" ldr r1, [r7, #52]\n vmsr fpscr, r1\n add r0, r7, #128\n vldm r0, {s0-s15}")
    print(" ldr r1, [r7, #28]\n mov r12, r1\n ldmia r7!, {r0-r6}\n subs r7, #28\n msr %s, r12"
          % ("apsr_nzcvqg" if fp else "apsr_nzcvq"))
    for _ in range(12):
        if small or rng.randrange(3) == 0:
            print(" " + narrow())
        elif rng.randrange(8) == 0:
            print("\n".join(" " + i for i in conditional()))
        else:
            print(" " + wide())
    print(" stmia r7!, {r0-r6}\n mrs r0, apsr\n str r0, [r7]\n subs r7, #28")
    if fp:
        print(" vmrs r0, fpscr\n str r0, [r7, #52]\n add r0, r7, #128\n vstm r0, {s0-s15}")
    if not small:
        print(" add r0, r7, #32\n stm r0, {r8-r11}\n pop {r8-r11}")
    print(" pop {r4-r7, pc}\n")
print(" .section .rodata\n .balign 4\n .global blocks, blocks_end\nblocks:")
for n in range(blocks):
    print(" .word block%d" % n)
print("blocks_end:")
