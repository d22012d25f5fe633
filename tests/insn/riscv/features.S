//: rv64 -cpu rv64i,zicsr=on modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,u=on -DHAVE_u modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,s=on -DHAVE_u -DHAVE_s modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,zicntr=on -DHAVE_zicntr modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,zihpm=on -DHAVE_zihpm modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,pmp=on -DHAVE_pmp modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,smepmp=on -DHAVE_pmp -DHAVE_smepmp modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,smstateen=on,u=on -DHAVE_u -DHAVE_smstateen modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,smstateen=on,s=on -DHAVE_u -DHAVE_s -DHAVE_smstateen modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,sstc=on -DHAVE_u -DHAVE_s -DHAVE_sstc modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,sscofpmf=on -DHAVE_u -DHAVE_s -DHAVE_zihpm -DHAVE_sscofpmf modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,svadu=on -DHAVE_u -DHAVE_s -DHAVE_svadu modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,svade=on -DHAVE_u -DHAVE_s modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,svpbmt=on -DHAVE_u -DHAVE_s -DHAVE_svpbmt modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,u=on,zicbom=on -DHAVE_u -DHAVE_zicbom modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,s=on,zicboz=on -DHAVE_u -DHAVE_s -DHAVE_zicboz modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,sv39=on -DHAVE_u -DHAVE_s -DHAVE_sv39 modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,sv48=on -DHAVE_u -DHAVE_s -DHAVE_sv39 -DHAVE_sv48 modes=interp,jit noqemu
//: rv64 -cpu rv64i,zicsr=on,sv57=on -DHAVE_u -DHAVE_s -DHAVE_sv39 -DHAVE_sv48 -DHAVE_sv57 modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,u=on -DHAVE_u modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,s=on -DHAVE_u -DHAVE_s modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,zicntr=on -DHAVE_zicntr modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,zihpm=on -DHAVE_zihpm modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,pmp=on -DHAVE_pmp modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,smepmp=on -DHAVE_pmp -DHAVE_smepmp modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,smstateen=on,u=on -DHAVE_u -DHAVE_smstateen modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,smstateen=on,s=on -DHAVE_u -DHAVE_s -DHAVE_smstateen modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,sstc=on -DHAVE_u -DHAVE_s -DHAVE_sstc modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,sscofpmf=on -DHAVE_u -DHAVE_s -DHAVE_zihpm -DHAVE_sscofpmf modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,svadu=on -DHAVE_u -DHAVE_s -DHAVE_svadu modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,svade=on -DHAVE_u -DHAVE_s modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,svpbmt=on -DHAVE_u -DHAVE_s -DHAVE_svpbmt modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,u=on,zicbom=on -DHAVE_u -DHAVE_zicbom modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,s=on,zicboz=on -DHAVE_u -DHAVE_s -DHAVE_zicboz modes=interp,jit noqemu
//: rv32 -cpu rv32i,zicsr=on,sv32=on -DHAVE_u -DHAVE_s -DHAVE_sv32 modes=interp,jit noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The privileged features of -cpu one by one, on a hart that has nothing but I and Zicsr: which CSRs come with each,
 * which bits of menvcfg and mie, which modes of satp.
 */
#define NO_FP
#include "macros.h"
#ifndef HAVE_u
#define HAVE_u 0
#endif
#ifndef HAVE_s
#define HAVE_s 0
#endif
#ifndef HAVE_zicntr
#define HAVE_zicntr 0
#endif
#ifndef HAVE_zihpm
#define HAVE_zihpm 0
#endif
#ifndef HAVE_pmp
#define HAVE_pmp 0
#endif
#ifndef HAVE_smepmp
#define HAVE_smepmp 0
#endif
#ifndef HAVE_smstateen
#define HAVE_smstateen 0
#endif
#ifndef HAVE_sstc
#define HAVE_sstc 0
#endif
#ifndef HAVE_sscofpmf
#define HAVE_sscofpmf 0
#endif
#ifndef HAVE_svadu
#define HAVE_svadu 0
#endif
#ifndef HAVE_svpbmt
#define HAVE_svpbmt 0
#endif
#ifndef HAVE_zicbom
#define HAVE_zicbom 0
#endif
#ifndef HAVE_zicboz
#define HAVE_zicboz 0
#endif
#ifndef HAVE_sv39
#define HAVE_sv39 0
#endif
#ifndef HAVE_sv48
#define HAVE_sv48 0
#endif
#ifndef HAVE_sv57
#define HAVE_sv57 0
#endif
#ifndef HAVE_sv32
#define HAVE_sv32 0
#endif
/* csrrs a0, csr, x0 */
#define READ(csr) (csr) << 20 | 0x2573

.macro CSR on, csr
.if \on
    .4byte READ(\csr)
.else
    EXPECT_ILLEGAL(READ(\csr))
.endif
.endm
/* The bit can be set, or stays 0. */
.macro BIT on, csr, bit
    li t0, 1 << \bit
    csrs \csr, t0
    csrr a0, \csr
    srli a0, a0, \bit
    andi a0, a0, 1
    CHECK_EQ(a0, \on)
    csrc \csr, t0
.endm
/* satp takes the mode, or keeps what it has: none. */
.macro MODE on, mode
#if XLEN == 64
    li t0, \mode << 60
#else
    li t0, \mode << 31
#endif
    csrw satp, t0
    csrr a0, satp
.if \on
    CHECK_EQ_REG(a0, t0)
.else
    CHECK_EQ(a0, 0)
.endif
    csrw satp, x0
.endm

    START
    CSR 1, 0x300 /* mstatus */
    CSR 1, 0x320 /* mcountinhibit */
    CSR 1, 0xb00 /* mcycle */
    CSR 1, 0xb1f /* mhpmcounter31 */
    CSR 0, 0x001 /* fflags */
    CSR HAVE_u, 0x306 /* mcounteren */
    CSR HAVE_u, 0x30a /* menvcfg */
    CSR HAVE_s, 0x302 /* medeleg */
    CSR HAVE_s, 0x303 /* mideleg */
    CSR HAVE_s, 0x100 /* sstatus */
    CSR HAVE_s, 0x106 /* scounteren */
    CSR HAVE_s, 0x10a /* senvcfg */
    CSR HAVE_s, 0x140 /* sscratch */
    CSR HAVE_s, 0x180 /* satp */
    CSR HAVE_zicntr, 0xc00 /* cycle */
    CSR HAVE_zicntr, 0xc01 /* time */
    CSR HAVE_zicntr, 0xc02 /* instret */
    CSR HAVE_zihpm, 0xc03 /* hpmcounter3 */
    CSR HAVE_zihpm, 0xc1f /* hpmcounter31 */
    CSR HAVE_pmp, 0x3a0 /* pmpcfg0 */
    CSR HAVE_pmp, 0x3bf /* pmpaddr15 */
    CSR 0, 0x3c0 /* pmpaddr16 */
    CSR HAVE_smepmp, 0x747 /* mseccfg */
    CSR HAVE_smstateen, 0x30c /* mstateen0 */
    CSR HAVE_smstateen, 0x30f /* mstateen3 */
    CSR HAVE_smstateen & HAVE_s, 0x10c /* sstateen0 */
    CSR HAVE_smstateen & HAVE_s, 0x10f /* sstateen3 */
    CSR HAVE_sstc, 0x14d /* stimecmp */
    CSR HAVE_sscofpmf, 0xda0 /* scountovf */
#if XLEN == 32
#define ONLY_32 1
#else
#define ONLY_32 0
#endif
    CSR ONLY_32, 0x310 /* mstatush */
    CSR ONLY_32, 0xb80 /* mcycleh */
    CSR ONLY_32 & HAVE_u, 0x31a /* menvcfgh */
    CSR ONLY_32 & HAVE_s, 0x312 /* medelegh */
    CSR ONLY_32 & HAVE_zicntr, 0xc80 /* cycleh */
    CSR ONLY_32 & HAVE_zihpm, 0xc83 /* hpmcounter3h */
    CSR ONLY_32 & HAVE_pmp, 0x3a1 /* pmpcfg1 */
    CSR ONLY_32 & HAVE_smepmp, 0x757 /* mseccfgh */
    CSR ONLY_32 & HAVE_smstateen, 0x31c /* mstateen0h */
    CSR ONLY_32 & HAVE_sstc, 0x15d /* stimecmph */
    CSR ONLY_32 & HAVE_sscofpmf, 0x723 /* mhpmevent3h */
    BIT HAVE_sscofpmf, mie, 13
    BIT HAVE_s, mie, 9
    BIT 1, mie, 11
#if HAVE_u
    BIT 1, 0x30a, 0 /* FIOM */
    BIT HAVE_zicbom, 0x30a, 6 /* CBCFE */
    BIT HAVE_zicboz, 0x30a, 7 /* CBZE */
#if XLEN == 64
#define ENVCFG_HIGH 0x30a
#else
#define ENVCFG_HIGH 0x31a
#endif
    BIT HAVE_svadu, ENVCFG_HIGH, (XLEN - 3)
    BIT HAVE_svpbmt, ENVCFG_HIGH, (XLEN - 2)
    BIT HAVE_sstc, ENVCFG_HIGH, (XLEN - 1)
#endif
#if HAVE_s
#if XLEN == 64
    MODE HAVE_sv39, 8
    MODE HAVE_sv48, 9
    MODE HAVE_sv57, 10
    MODE 0, 1
#else
    MODE HAVE_sv32, 1
#endif
#endif
    PASS
