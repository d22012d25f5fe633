//: rv64 -cpu rv64i,zicsr=on modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,m=on -DHAVE_m=1 -DHAVE_zmmul=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zmmul=on -DHAVE_zmmul=1 modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,a=on -DHAVE_a=1 -DHAVE_zaamo=1 -DHAVE_zalrsc=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zaamo=on -DHAVE_zaamo=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zalrsc=on -DHAVE_zalrsc=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,f=on -DHAVE_f=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,d=on -DHAVE_d=1 -DHAVE_f=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,c=on -DHAVE_c=1 -DHAVE_zca=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zca=on -DHAVE_zca=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zba=on -DHAVE_zba=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zbb=on -DHAVE_zbb=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zbc=on -DHAVE_zbc=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zbs=on -DHAVE_zbs=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zbkb=on -DHAVE_zbkb=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zicond=on -DHAVE_zicond=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zicbom=on -DHAVE_zicbom=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zicboz=on -DHAVE_zicboz=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zfa=on -DHAVE_f=1 -DHAVE_zfa=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zfh=on -DHAVE_f=1 -DHAVE_zfh=1 -DHAVE_zfhmin=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zfhmin=on -DHAVE_f=1 -DHAVE_zfhmin=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zawrs=on -DHAVE_zalrsc=1 -DHAVE_zawrs=1 modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,zacas=on -DHAVE_zaamo=1 -DHAVE_zacas=1 modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,zimop=on -DHAVE_zimop=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zcb=on -DHAVE_zca=1 -DHAVE_zcb=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zcmop=on -DHAVE_zca=1 -DHAVE_zcmop=1 modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,zbkc=on -DHAVE_zbkc=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zbkx=on -DHAVE_zbkx=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zknd=on -DHAVE_zknd=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zkne=on -DHAVE_zkne=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zknh=on -DHAVE_zknh=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zksed=on -DHAVE_zksed=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zksh=on -DHAVE_zksh=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zkr=on -DHAVE_zkr=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zabha=on -DHAVE_zaamo=1 -DHAVE_zabha=1 modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,zcmp=on -DHAVE_zca=1 -DHAVE_zcmp=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zcmt=on -DHAVE_zca=1 -DHAVE_zcmt=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zifencei=on -DHAVE_zifencei=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,svinval=on -DHAVE_s=1 -DHAVE_svinval=1 modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,s=on -DHAVE_s=1 modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,zacas=on,zabha=on -DHAVE_zaamo=1 -DHAVE_zacas=1 -DHAVE_zabha=1 modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,zcb=on,zbb=on -DHAVE_zbb=1 -DHAVE_zca=1 -DHAVE_zcb=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zcb=on,zba=on -DHAVE_zba=1 -DHAVE_zca=1 -DHAVE_zcb=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zcb=on,m=on -DHAVE_m=1 -DHAVE_zca=1 -DHAVE_zcb=1 -DHAVE_zmmul=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zfa=on,d=on -DHAVE_d=1 -DHAVE_f=1 -DHAVE_zfa=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zfa=on,zfh=on -DHAVE_f=1 -DHAVE_zfa=1 -DHAVE_zfh=1 -DHAVE_zfhmin=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,zfh=on,d=on -DHAVE_d=1 -DHAVE_f=1 -DHAVE_zfh=1 -DHAVE_zfhmin=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,c=on,d=on -DHAVE_c=1 -DHAVE_d=1 -DHAVE_f=1 -DHAVE_zca=1 modes=interp,jit
//: rv64 -cpu rv64i,zicsr=on,c=on,f=on -DHAVE_c=1 -DHAVE_f=1 -DHAVE_zca=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,m=on -DHAVE_m=1 -DHAVE_zmmul=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zmmul=on -DHAVE_zmmul=1 modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,a=on -DHAVE_a=1 -DHAVE_zaamo=1 -DHAVE_zalrsc=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zaamo=on -DHAVE_zaamo=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zalrsc=on -DHAVE_zalrsc=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,f=on -DHAVE_f=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,d=on -DHAVE_d=1 -DHAVE_f=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,c=on -DHAVE_c=1 -DHAVE_zca=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zca=on -DHAVE_zca=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zba=on -DHAVE_zba=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zbb=on -DHAVE_zbb=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zbc=on -DHAVE_zbc=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zbs=on -DHAVE_zbs=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zbkb=on -DHAVE_zbkb=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zicond=on -DHAVE_zicond=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zicbom=on -DHAVE_zicbom=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zicboz=on -DHAVE_zicboz=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zfa=on -DHAVE_f=1 -DHAVE_zfa=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zfh=on -DHAVE_f=1 -DHAVE_zfh=1 -DHAVE_zfhmin=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zfhmin=on -DHAVE_f=1 -DHAVE_zfhmin=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zawrs=on -DHAVE_zalrsc=1 -DHAVE_zawrs=1 modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,zacas=on -DHAVE_zaamo=1 -DHAVE_zacas=1 modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,zimop=on -DHAVE_zimop=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zcb=on -DHAVE_zca=1 -DHAVE_zcb=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zcmop=on -DHAVE_zca=1 -DHAVE_zcmop=1 modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,zbkc=on -DHAVE_zbkc=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zbkx=on -DHAVE_zbkx=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zknd=on -DHAVE_zknd=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zkne=on -DHAVE_zkne=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zknh=on -DHAVE_zknh=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zksed=on -DHAVE_zksed=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zksh=on -DHAVE_zksh=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zkr=on -DHAVE_zkr=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zabha=on -DHAVE_zaamo=1 -DHAVE_zabha=1 modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,zcmp=on -DHAVE_zca=1 -DHAVE_zcmp=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zcmt=on -DHAVE_zca=1 -DHAVE_zcmt=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zifencei=on -DHAVE_zifencei=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,svinval=on -DHAVE_s=1 -DHAVE_svinval=1 modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,s=on -DHAVE_s=1 modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,zacas=on,zabha=on -DHAVE_zaamo=1 -DHAVE_zacas=1 -DHAVE_zabha=1 modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,zcb=on,zbb=on -DHAVE_zbb=1 -DHAVE_zca=1 -DHAVE_zcb=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zcb=on,zba=on -DHAVE_zba=1 -DHAVE_zca=1 -DHAVE_zcb=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zcb=on,m=on -DHAVE_m=1 -DHAVE_zca=1 -DHAVE_zcb=1 -DHAVE_zmmul=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zfa=on,d=on -DHAVE_d=1 -DHAVE_f=1 -DHAVE_zfa=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zfa=on,zfh=on -DHAVE_f=1 -DHAVE_zfa=1 -DHAVE_zfh=1 -DHAVE_zfhmin=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,zfh=on,d=on -DHAVE_d=1 -DHAVE_f=1 -DHAVE_zfh=1 -DHAVE_zfhmin=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,c=on,d=on -DHAVE_c=1 -DHAVE_d=1 -DHAVE_f=1 -DHAVE_zca=1 modes=interp,jit
//: rv32 -cpu rv32i,zicsr=on,c=on,f=on -DHAVE_c=1 -DHAVE_f=1 -DHAVE_zca=1 modes=interp,jit
/* SPDX-License-Identifier: BSD-2-Clause */
/* What an extension brings exists with it, and without it is illegal. The base set is alone but for one or two extensions. */
#define NO_FP
#include "macros.h"
#ifndef HAVE_m
#define HAVE_m 0
#endif
#ifndef HAVE_zmmul
#define HAVE_zmmul 0
#endif
#ifndef HAVE_a
#define HAVE_a 0
#endif
#ifndef HAVE_zaamo
#define HAVE_zaamo 0
#endif
#ifndef HAVE_zalrsc
#define HAVE_zalrsc 0
#endif
#ifndef HAVE_f
#define HAVE_f 0
#endif
#ifndef HAVE_d
#define HAVE_d 0
#endif
#ifndef HAVE_c
#define HAVE_c 0
#endif
#ifndef HAVE_zca
#define HAVE_zca 0
#endif
#ifndef HAVE_zba
#define HAVE_zba 0
#endif
#ifndef HAVE_zbb
#define HAVE_zbb 0
#endif
#ifndef HAVE_zbc
#define HAVE_zbc 0
#endif
#ifndef HAVE_zbkc
#define HAVE_zbkc 0
#endif
#ifndef HAVE_zbkx
#define HAVE_zbkx 0
#endif
#ifndef HAVE_zknd
#define HAVE_zknd 0
#endif
#ifndef HAVE_zkne
#define HAVE_zkne 0
#endif
#ifndef HAVE_zknh
#define HAVE_zknh 0
#endif
#ifndef HAVE_zksed
#define HAVE_zksed 0
#endif
#ifndef HAVE_zksh
#define HAVE_zksh 0
#endif
#ifndef HAVE_zkr
#define HAVE_zkr 0
#endif
#ifndef HAVE_zabha
#define HAVE_zabha 0
#endif
#ifndef HAVE_zcmp
#define HAVE_zcmp 0
#endif
#ifndef HAVE_zcmt
#define HAVE_zcmt 0
#endif
#ifndef HAVE_zbs
#define HAVE_zbs 0
#endif
#ifndef HAVE_zbkb
#define HAVE_zbkb 0
#endif
#ifndef HAVE_zicond
#define HAVE_zicond 0
#endif
#ifndef HAVE_zicbom
#define HAVE_zicbom 0
#endif
#ifndef HAVE_zicboz
#define HAVE_zicboz 0
#endif
#ifndef HAVE_zfa
#define HAVE_zfa 0
#endif
#ifndef HAVE_zfh
#define HAVE_zfh 0
#endif
#ifndef HAVE_zfhmin
#define HAVE_zfhmin 0
#endif
#ifndef HAVE_zawrs
#define HAVE_zawrs 0
#endif
#ifndef HAVE_zacas
#define HAVE_zacas 0
#endif
#ifndef HAVE_zimop
#define HAVE_zimop 0
#endif
#ifndef HAVE_zcb
#define HAVE_zcb 0
#endif
#ifndef HAVE_zcmop
#define HAVE_zcmop 0
#endif
#ifndef HAVE_zifencei
#define HAVE_zifencei 0
#endif
#ifndef HAVE_svinval
#define HAVE_svinval 0
#endif
#ifndef HAVE_s
#define HAVE_s 0
#endif
    .bss
    .balign 64
area: .skip 256

/* TRY condition, instruction */
.macro TRY on, insn:vararg
    la a1, area
    li a0, 0
    li a2, 0
    li a3, 0
.if \on
    \insn
.else
    ON_TRAP(5f)
2:  \insn
    la tp, 4f
    li a0, 0
    li a3, 2
    li a4, 1
    j fail_row
5:  la tp, 4f
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    li a3, 2
    MATCH 2
    LX a0, TRAP_TVAL(t6)
    la a1, 2b
    lhu a3, 0(a1)
    andi a4, a3, 3
    addi a4, a4, -3
    bnez a4, 3f
    lhu a4, 2(a1)
    slli a4, a4, 16
    or a3, a3, a4
3:  MATCH 3
    .pushsection .rodata
4:  .asciz "\insn"
    .popsection
.endif
.endm
.macro TRY16 on, encoding
    TRY \on, H \encoding
.endm
.macro H v
    .2byte \v
    .2byte 0x0001 /* c.nop: only where C is on */
.endm

    START
#if HAVE_f
    li t0, 0x2000
    csrs mstatus, t0
#endif
    TRY HAVE_m|HAVE_zmmul, mul a0, a0, a1
    TRY HAVE_m|HAVE_zmmul, mulh a0, a0, a1
    TRY HAVE_m|HAVE_zmmul, mulhsu a0, a0, a1
    TRY HAVE_m|HAVE_zmmul, mulhu a0, a0, a1
    TRY HAVE_m, div a0, a0, a1
    TRY HAVE_m, divu a0, a0, a1
    TRY HAVE_m, rem a0, a0, a1
    TRY HAVE_m, remu a0, a0, a1
    TRY HAVE_zalrsc, lr.w a0, (a1)
    TRY HAVE_zalrsc, sc.w a0, a0, (a1)
    TRY HAVE_zaamo, amoswap.w a0, a0, (a1)
    TRY HAVE_zaamo, amoadd.w a0, a0, (a1)
    TRY HAVE_zaamo, amomaxu.w a0, a0, (a1)
    TRY HAVE_zacas, .insn r 0x2f, 2, 0x14, a0, a1, a2 /* amocas.w */
    TRY HAVE_zacas, .insn r 0x2f, 3, 0x14, a0, a1, a2 /* amocas.d */
    TRY HAVE_zabha, .insn r 0x2f, 0, 0, a0, a1, a2 /* amoadd.b */
    TRY HAVE_zabha, .insn r 0x2f, 1, 0x70, a0, a1, a2 /* amomaxu.h */
    TRY HAVE_zabha&HAVE_zacas, .insn r 0x2f, 1, 0x14, a0, a1, a2 /* amocas.h */
    TRY HAVE_zba, sh1add a0, a0, a1
    TRY HAVE_zba, sh3add a0, a0, a1
    TRY HAVE_zbb|HAVE_zbkb, andn a0, a0, a1
    TRY HAVE_zbb|HAVE_zbkb, rol a0, a0, a1
    TRY HAVE_zbb|HAVE_zbkb, rori a0, a0, 1
    TRY HAVE_zbb|HAVE_zbkb, rev8 a0, a0
    TRY HAVE_zbb, clz a0, a0
    TRY HAVE_zbb, cpop a0, a0
    TRY HAVE_zbb, sext.b a0, a0
    TRY HAVE_zbb, orc.b a0, a0
    TRY HAVE_zbb, max a0, a0, a1
    TRY HAVE_zbb|HAVE_zbkb, zext.h a0, a0 /* is pack with x0 */
    TRY HAVE_zbkb, pack a0, a0, a1
    TRY HAVE_zbkb, packh a0, a0, a1
    TRY HAVE_zbkb, brev8 a0, a0
    TRY HAVE_zbc|HAVE_zbkc, clmul a0, a0, a1
    TRY HAVE_zbc|HAVE_zbkc, clmulh a0, a0, a1
    TRY HAVE_zbc, clmulr a0, a0, a1
    TRY HAVE_zbs, bset a0, a0, a1
    TRY HAVE_zbs, bexti a0, a0, 31
    TRY HAVE_zbkx, xperm4 a0, a0, a1
    TRY HAVE_zbkx, xperm8 a0, a0, a1
    TRY HAVE_zknh, sha256sum0 a0, a0
    TRY HAVE_zknh, sha256sig1 a0, a0
    TRY HAVE_zksed, sm4ed a0, a0, a1, 1
    TRY HAVE_zksed, sm4ks a0, a0, a1, 1
    TRY HAVE_zksh, sm3p0 a0, a0
    TRY HAVE_zksh, sm3p1 a0, a0
    TRY HAVE_zkr, .4byte 0x01501573 /* csrrw a0, seed, x0 */
    TRY HAVE_zicond, .insn r 0x33, 5, 7, a0, a0, a1
    TRY HAVE_zicond, .insn r 0x33, 7, 7, a0, a0, a1
    TRY HAVE_zicbom, .4byte 0x0015a00f
    TRY HAVE_zicbom, .4byte 0x0025a00f
    TRY HAVE_zicbom, .4byte 0x0005a00f
    TRY HAVE_zicboz, .4byte 0x0045a00f
    TRY HAVE_zawrs, wrs.sto
    TRY HAVE_zawrs, wrs.nto
    TRY HAVE_zifencei, fence.i
    TRY HAVE_zimop, .4byte 0x81c04573
    TRY HAVE_zimop, .4byte 0x82004573
#ifndef QEMU /* has it without S */
    TRY HAVE_s, sfence.vma
#endif
    TRY HAVE_svinval, .4byte 0x16000073
    TRY HAVE_svinval, .4byte 0x18000073
    TRY HAVE_s, csrr a0, sscratch
    TRY HAVE_s, csrr a0, satp
    TRY HAVE_f, flw fa0, 0(a1)
    TRY HAVE_f, fsw fa0, 0(a1)
    TRY HAVE_f, fadd.s fa0, fa0, fa1
    TRY HAVE_f, fmadd.s fa0, fa0, fa1, fa2
    TRY HAVE_f, fcvt.w.s a0, fa0
    TRY HAVE_f, fmv.w.x fa0, a0
    TRY HAVE_f, frcsr a0
    TRY HAVE_d, fld fa0, 0(a1)
    TRY HAVE_d, fsd fa0, 0(a1)
    TRY HAVE_d, fadd.d fa0, fa0, fa1
    TRY HAVE_d, fcvt.s.d fa0, fa0
    TRY HAVE_d, fcvt.d.w fa0, a0
    TRY HAVE_zfhmin, flh fa0, 0(a1)
    TRY HAVE_zfhmin, fsh fa0, 0(a1)
    TRY HAVE_zfhmin, fcvt.s.h fa0, fa0
    TRY HAVE_zfhmin, fcvt.h.s fa0, fa0
    TRY HAVE_zfhmin, fmv.x.h a0, fa0
    TRY HAVE_zfhmin, fmv.h.x fa0, a0
    TRY HAVE_zfhmin&HAVE_d, fcvt.d.h fa0, fa0
    TRY HAVE_zfhmin&HAVE_d, fcvt.h.d fa0, fa0
    TRY HAVE_zfh, fsgnj.h fa0, fa0, fa1
    TRY HAVE_zfh, fmin.h fa0, fa0, fa1
    TRY HAVE_zfh, feq.h a0, fa0, fa1
    TRY HAVE_zfh, fmadd.h fa0, fa0, fa1, fa2
    TRY HAVE_zfh, fadd.h fa0, fa0, fa1
    TRY HAVE_zfh, fcvt.w.h a0, fa0
    TRY HAVE_zfh, fclass.h a0, fa0
    TRY HAVE_zfa, .insn r 0x53, 2, 0x14, fa0, fa1, fa2 /* fminm.s */
    TRY HAVE_zfa, .insn r 0x53, 0, 0x78, fa0, x3, f1 /* fli.s */
    TRY HAVE_zfa, .insn r 0x53, 0, 0x20, fa0, fa0, f4 /* fround.s */
    TRY HAVE_zfa&HAVE_d, .insn r 0x53, 0, 0x21, fa0, fa0, f4 /* fround.d */
    TRY HAVE_zfa&HAVE_d, .insn r 0x53, 1, 0x61, a0, fa0, f8 /* fcvtmod.w.d */
    TRY HAVE_zfa&HAVE_zfh, .insn r 0x53, 4, 0x52, a0, fa0, fa1 /* fleq.h */
#if XLEN == 64
    TRY HAVE_m|HAVE_zmmul, mulw a0, a0, a1
    TRY HAVE_m, divw a0, a0, a1
    TRY HAVE_m, remuw a0, a0, a1
    TRY HAVE_zalrsc, lr.d a0, (a1)
    TRY HAVE_zaamo, amoor.d a0, a0, (a1)
    TRY HAVE_zacas, .insn r 0x2f, 4, 0x14, a0, a1, a2 /* amocas.q */
    TRY HAVE_zba, add.uw a0, a0, a1
    TRY HAVE_zba, slli.uw a0, a0, 3
    TRY HAVE_zbb, clzw a0, a0
    TRY HAVE_zbb|HAVE_zbkb, rolw a0, a0, a1
    TRY HAVE_zbkb, packw a0, a0, a1
    TRY HAVE_zknd, aes64ds a0, a0, a1
    TRY HAVE_zknd, aes64im a0, a0
    TRY HAVE_zkne, aes64es a0, a0, a1
    TRY HAVE_zknd|HAVE_zkne, aes64ks1i a0, a0, 10
    TRY 0, .4byte 0x31b51513 /* rnum 11 */
    TRY HAVE_zknd|HAVE_zkne, aes64ks2 a0, a0, a1
    TRY HAVE_zknh, sha512sum0 a0, a0
    TRY HAVE_f, fcvt.l.s a0, fa0
    TRY HAVE_d, fmv.x.d a0, fa0
#else
    TRY HAVE_zbkb, zip a0, a0
    TRY HAVE_zknd, aes32dsi a0, a0, a1, 3
    TRY HAVE_zkne, aes32esmi a0, a0, a1, 0
    TRY HAVE_zknh, sha512sum0r a0, a0, a1
    TRY HAVE_zfa&HAVE_d, .insn r 0x53, 0, 0x71, a0, fa0, f1 /* fmvh.x.d */
    TRY16 HAVE_c&HAVE_f, 0x6188 /* c.flw fa0, 0(a1) */
    TRY16 HAVE_c&HAVE_f, 0xe188 /* c.fsw */
#endif
    TRY16 HAVE_zca, 0x0505 /* c.addi a0, 1 */
    TRY16 HAVE_zca, 0x4501 /* c.li a0, 0 */
    TRY16 HAVE_zca, 0x852e /* c.mv a0, a1 */
    TRY16 HAVE_zca, 0x4188 /* c.lw a0, 0(a1) */
    TRY16 HAVE_c&HAVE_d, 0x2188 /* c.fld fa0, 0(a1) */
    TRY16 HAVE_c&HAVE_d, 0xa188 /* c.fsd fa0, 0(a1) */
    TRY16 HAVE_zcmp|(HAVE_c&HAVE_d), 0xac2e /* cm.mvsa01 s0, s3, with D a c.fsdsp */
    TRY16 HAVE_zcmp|(HAVE_c&HAVE_d), 0xac6e /* cm.mva01s s0, s3 */
    TRY HAVE_zcmt, csrr a0, 0x017 /* jvt */
    TRY16 HAVE_zcb, 0x8188 /* c.lbu a0, 0(a1) */
    TRY16 HAVE_zcb, 0x9d61 /* c.zext.b a0 */
    TRY16 HAVE_zcb, 0x9d75 /* c.not a0 */
    TRY16 HAVE_zcb&HAVE_zbb, 0x9d65 /* c.sext.b a0 */
    TRY16 HAVE_zcb&HAVE_zbb, 0x9d69 /* c.zext.h a0 */
    TRY16 HAVE_zcb&(HAVE_m|HAVE_zmmul), 0x9d4d /* c.mul a0, a1 */
    TRY16 HAVE_zcmop, 0x6081
#if XLEN == 64
    TRY16 HAVE_zcb&HAVE_zba, 0x9d71 /* c.zext.w a0 */
    TRY16 HAVE_zca, 0x2505 /* c.addiw a0, 1 */
    TRY16 HAVE_zca, 0x6188 /* c.ld a0, 0(a1) */
#else
    TRY16 HAVE_zca, 0x2009 /* c.jal . + 2 */
#endif
    /* hints of extensions that are off are still hints */
    .4byte 0x0100000f /* pause */
    ori x0, a1, 1 /* prefetch.r */
    PASS
