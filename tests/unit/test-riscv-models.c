/* SPDX-License-Identifier: BSD-2-Clause */
/* -cpu: models, features with their dependencies, messages, and the strings of the device tree. */
#include "riscv-hart.h"

/* -- What a -cpu argument makes -- */

static const struct {
    const char *arg, *isa, *mmu;
} rows[] = {
    {"rv64i", "rv64i", "riscv,none"},
    {"rv32i", "rv32i", "riscv,none"},
    {"rv32e", "rv32e", "riscv,none"},
    {"rv64",
     "rv64imafdc_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_zifencei_zihintntl_"
     "zihintpause_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcd_zba_zbb_zbc_zbs_ssccptr_sscounterenw_sstc_"
     "sstvala_sstvecd_ssu64xl_svadu_svvptc",
     "riscv,sv57"},
    {"rv32",
     "rv32imafdc_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_zifencei_zihintntl_"
     "zihintpause_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcf_zcd_zba_zbb_zbc_zbs_ssccptr_sscounterenw_sstc_"
     "sstvala_sstvecd_svadu_svvptc",
     "riscv,sv32"},
    {"max",
     "rv64imafdcb_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicfilp_zicfiss_zicond_zicntr_zicsr_"
     "zifencei_zihintntl_zihintpause_zihpm_zimop_zmmul_za64rs_zaamo_zabha_zacas_zama16b_zalrsc_zawrs_zfa_zfh_zfhmin_"
     "zca_zcb_zcd_zcmop_zba_zbb_zbc_zbkb_zbkc_zbkx_zbs_zk_zkn_zknd_zkne_zknh_zkr_zks_zksed_zksh_zkt_smaia_smepmp_"
     "smstateen_ssaia_ssccptr_sscofpmf_sscounterenw_ssstateen_sstc_sstvala_sstvecd_ssu64xl_svadu_svinval_svnapot_"
     "svpbmt_svvptc",
     "riscv,sv57"},
    {"rva22u64",
     "rv64imafdcb_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_zihintpause_zihpm_zmmul_"
     "za64rs_zaamo_zalrsc_zfhmin_zca_zcd_zba_zbb_zbs_zkt",
     "riscv,none"},
    {"rva22s64",
     "rv64imafdcb_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_zifencei_zihintpause_"
     "zihpm_zmmul_za64rs_zaamo_zalrsc_zfhmin_zca_zcd_zba_zbb_zbs_zkt_ssccptr_sscounterenw_sstvala_sstvecd_ssu64xl_"
     "svade_svinval_svpbmt",
     "riscv,sv39"},
    {"sifive-e31", "rv32imac_zicntr_zicsr_zifencei_zihpm", "riscv,none"},
    {"sifive-e34", "rv32imafc_zicntr_zicsr_zifencei_zihpm", "riscv,none"},
    {"sifive-e51", "rv64imac_zicntr_zicsr_zifencei_zihpm", "riscv,none"},
    {"sifive-u34", "rv32imafdc_zicntr_zicsr_zifencei_zihpm", "riscv,sv32"},
    {"sifive-u54", "rv64imafdc_zicntr_zicsr_zifencei_zihpm", "riscv,sv39"},
    {"sifive-u54,c=off", "rv64imafd_zicntr_zicsr_zifencei_zihpm", "riscv,sv39"},
    {"shakti-c", "rv64imafdc_zicntr_zicsr_zifencei_zihpm", "riscv,sv39"},
    {"lowrisc-ibex",
     "rv32imc_zic64b_ziccif_zicclsm_zicntr_zicsr_zifencei_zihpm_zmmul_zca_zba_zbb_zbc_zbs_smepmp",
     "riscv,none"},
    {"xiangshan-nanhu",
     "rv64imafdcb_zic64b_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_zifencei_zihpm_zmmul_za64rs_zaamo_zalrsc_zca_"
     "zcd_zba_zbb_zbc_zbkb_zbkc_zbkx_zbs_zknd_zkne_zknh_zksed_zksh_ssccptr_sscounterenw_sstvala_sstvecd_ssu64xl_"
     "svinval",
     "riscv,sv39"},
    /* the smallest that a Linux kernel accepts */
    {"rv64i,m=on,a=on,f=on,d=on,c=on,zicsr=on,zifencei=on,mmu=on,u=on,s=on,sv39=on,zicntr=on",
     "rv64imafdc_zicntr_zicsr_zifencei_zmmul_zaamo_zalrsc_zca_zcd", "riscv,sv39"},
    {"rv64i,g=on", "rv64imafd_zicsr_zifencei_zmmul_zaamo_zalrsc", "riscv,none"},
    {"rv64i,b=on", "rv64ib_zba_zbb_zbs", "riscv,none"},
    {"rv32i,c=on,f=on", "rv32ifc_zicsr_zca_zcf", "riscv,none"},
    {"rv64i,d=on", "rv64ifd_zicsr", "riscv,none"},
    {"rv64i,zfh=on", "rv64if_zicsr_zfh_zfhmin", "riscv,none"},
    {"rv64i,zcb=on", "rv64i_zca_zcb", "riscv,none"},
    {"rv64i,zcd=on", "rv64ifd_zicsr_zca_zcd", "riscv,none"},
    {"rv64i,e=on", "rv64e", "riscv,none"},
    {"rv64i,zba=yes,zbb=true,zbs", "rv64i_zba_zbb_zbs", "riscv,none"},
    {"rv64i,v=off,h=off,zvfh=off", "rv64i", "riscv,none"},
    {"rv64i,zk=on", "rv64i_zicsr_zbkb_zbkc_zbkx_zk_zkn_zknd_zkne_zknh_zkr_zkt", "riscv,none"},
    {"rv64i,zce=on", "rv64i_zicsr_zca_zcb_zce_zcmp_zcmt", "riscv,none"},
    {"rv32i,f=on,zce=on", "rv32if_zicsr_zca_zcb_zcf_zce_zcmp_zcmt", "riscv,none"},
    {"rv64i,zks=on", "rv64i_zbkb_zbkc_zbkx_zks_zksed_zksh", "riscv,none"},
    /* a feature that goes takes along what was only on by default */
    {"rv64,f=off",
     "rv64imac_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_zifencei_zihintntl_"
     "zihintpause_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zca_zba_zbb_zbc_zbs_ssccptr_sscounterenw_sstc_sstvala_"
     "sstvecd_ssu64xl_svadu_svvptc",
     "riscv,sv57"},
    {"max,f=off",
     "rv64imacb_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicfilp_zicfiss_zicond_zicntr_zicsr_"
     "zifencei_zihintntl_zihintpause_zihpm_zimop_zmmul_za64rs_zaamo_zabha_zacas_zama16b_zalrsc_zawrs_zca_zcb_zcmop_"
     "zba_zbb_zbc_zbkb_zbkc_zbkx_zbs_zk_zkn_zknd_zkne_zknh_zkr_zks_zksed_zksh_zkt_smaia_smepmp_smstateen_ssaia_"
     "ssccptr_sscofpmf_sscounterenw_ssstateen_sstc_sstvala_sstvecd_ssu64xl_svadu_svinval_svnapot_svpbmt_svvptc",
     "riscv,sv57"},
    {"max,zba=off,zbkb=off",
     "rv64imafdc_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicfilp_zicfiss_zicond_zicntr_zicsr_"
     "zifencei_zihintntl_zihintpause_zihpm_zimop_zmmul_za64rs_zaamo_zabha_zacas_zama16b_zalrsc_zawrs_zfa_zfh_zfhmin_"
     "zca_zcb_zcd_zcmop_zbb_zbc_zbkc_zbkx_zbs_zknd_zkne_zknh_zkr_zksed_zksh_zkt_smaia_smepmp_smstateen_ssaia_"
     "ssccptr_sscofpmf_sscounterenw_ssstateen_sstc_sstvala_sstvecd_ssu64xl_svadu_svinval_svnapot_svpbmt_svvptc",
     "riscv,sv57"},
    {"rv64,u=off",
     "rv64imafdc_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_zifencei_zihintntl_"
     "zihintpause_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcd_zba_zbb_zbc_zbs",
     "riscv,none"},
    {"rv64,cbom_blocksize=128",
     "rv64imafdc_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_zifencei_zihintntl_zihintpause_"
     "zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcd_zba_zbb_zbc_zbs_ssccptr_sscounterenw_sstc_sstvala_sstvecd_"
     "ssu64xl_svadu_svvptc",
     "riscv,sv57"},
    {"rv64i,rva22s64=on",
     "rv64imafdcb_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_zifencei_zihintpause_"
     "zihpm_zmmul_za64rs_zaamo_zalrsc_zfhmin_zca_zcd_zba_zbb_zbs_zkt_ssccptr_sscounterenw_sstvala_sstvecd_ssu64xl_"
     "svade_svinval_svpbmt",
     "riscv,sv39"},
    {"rv64i,s=on,u=on,mmu=on,sv48=on", "rv64i_zicsr", "riscv,sv48"},
};

static bool apply(const char *arg, bool system32, struct riscv_config *c, GError **err)
{
    struct opts *o = opts_parse(arg, "model", err);
    bool ok = o && riscv_model_apply(c, o, system32, err) && opts_done(o, "-cpu", err);
    if (o)
        opts_free(o);
    return ok;
}

static void test_strings(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct riscv_config c;
        GError *err = NULL;
        apply(rows[i].arg, false, &c, &err);
        g_assert_no_error(err);
        char *isa = riscv_isa_string(&c);
        g_assert_cmpstr(isa, ==, rows[i].isa);
        g_assert_cmpstr(riscv_mmu_type(&c), ==, rows[i].mmu);
        char **list = riscv_isa_extensions(&c), *joined = g_strjoinv("", list);
        g_assert_cmpstr(list[0], ==, c.has[RVF_e] ? "e" : "i");
        char **words = g_strsplit(isa + 4, "_", -1), *plain = g_strjoinv("", words);
        g_assert_cmpstr(joined, ==, plain);
        g_strfreev(list);
        g_strfreev(words);
        g_free(joined);
        g_free(plain);
        g_free(isa);
    }
}

static const struct {
    const char *arg;
    unsigned levels; /* highest paging mode */
} paging[] = {{"rv64", 57}, {"rv64,sv57=off", 48}, {"rv64,sv48=on", 48}, {"rv64,sv39=on", 39}, {"rv64,sv48=off", 39},
              {"rv64,sv39=off", 0}, {"rv64,mmu=off", 0}, {"rv64,sv39=on,sv57=on", 57}};

static void test_paging(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(paging); i++) {
        struct riscv_config c;
        GError *err = NULL;
        apply(paging[i].arg, false, &c, &err);
        g_assert_no_error(err);
        unsigned highest = c.has[RVF_sv57] ? 57 : c.has[RVF_sv48] ? 48 : c.has[RVF_sv39] ? 39 : 0;
        g_assert_cmpuint(highest, ==, paging[i].levels);
        g_assert_true(!c.has[RVF_sv57] || c.has[RVF_sv48]);
        g_assert_true(!c.has[RVF_sv48] || c.has[RVF_sv39]);
    }
}

/* -- Messages -- */

static const struct {
    const char *arg, *message;
} bad[] = {
    {"rv46", "-cpu rv46: no such RISC-V model; did you mean 'rv64'?"},
    {"cortex-a57", "-cpu cortex-a57: no such RISC-V model (-cpu help lists them)"},
    {"rv64,zbaa=on", "-cpu rv64: no feature 'zbaa'; did you mean 'zba'?"},
    {"rv64,frobnicate=3", "-cpu rv64: no feature 'frobnicate'"},
    {"rv64,zba=maybe", "-cpu rv64: zba=maybe: expected on or off"},
    {"rv64,v=on", "-cpu rv64: v=on: this extension is not available"},
    {"rv64,d=on,f=off", "-cpu rv64: d needs f, which is off"},
    {"max,zfh=on,f=off", "-cpu max: zfh needs f, which is off"},
    {"rv64,zfh=on,zfhmin=off", "-cpu rv64: zfh needs zfhmin, which is off"},
    {"rv64,zmmul=off", "-cpu rv64: m needs zmmul, which is off"},
    {"sifive-u54,zba=on", "-cpu sifive-u54: zba=on: this model does not have it"},
    {"rv64,zic64b=on,cboz_blocksize=128", "-cpu rv64: zic64b needs cache blocks of 64 bytes"},
    {"thead-c906", "-cpu thead-c906: QEMU has this model, mynah does not yet: it needs its vendor's extensions (-cpu "
                   "help lists those it has)"},
    {"rva23s64",
     "-cpu rva23s64: QEMU has this model, mynah does not yet: it needs V and H (-cpu help lists those it has)"},
    {"rv64,zicfiss=on,zimop=off", "-cpu rv64: zicfiss needs zimop, which is off"},
    {"rv64,zcmp=on", "-cpu rv64: zcmp excludes zcd, which c and d bring"},
    {"rv64i,c=on,d=on,zcmt=on", "-cpu rv64i: zcmt excludes zcd, which c and d bring"},
    {"max,zk=on,zbkb=off", "-cpu max: zkn needs zbkb, which is off"},
    {"rv64i,s=on,u=off", "-cpu rv64i: s needs u, which is off"},
    {"rv64,sv48=on,sv39=off", "-cpu rv64: sv48 needs sv39, which is off"},
    {"rv64,smepmp=on,pmp=off", "-cpu rv64: smepmp needs pmp, which is off"},
    {"rv64,sv32=on", "-cpu rv64: sv32=on: not available with 64 bits"},
    {"rv32,sv39=on", "-cpu rv32: sv39=on: not available with 32 bits"},
    {"rv64,i=off", "-cpu rv64: exactly one of i and e must be on"},
    {"rv64i,i=on,e=on", "-cpu rv64i: exactly one of i and e must be on"},
    {"rv32e,f=on", "-cpu rv32e: e excludes f, d and s"},
    {"rv64,num-pmp-regions=17", "-cpu rv64: num-pmp-regions=17: expected 0, 16 or 64"},
    {"rv64,cbom_blocksize=48", "-cpu rv64: cbom_blocksize=48: expected a power of two"},
    {"rv64,cbom_blocksize=64,cboz_blocksize=128",
     "-cpu rv64: cboz_blocksize=128: the cache block sizes must be equal"},
};

static void test_messages(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct riscv_config c;
        GError *err = NULL;
        g_assert_false(apply(bad[i].arg, false, &c, &err));
        g_assert_nonnull(err);
        g_assert_cmpstr(err->message, ==, bad[i].message);
        g_error_free(err);
    }
}

/* -- Values -- */

static void test_values(void)
{
    struct riscv_config c;
    GError *err = NULL;
    apply("rv64,mvendorid=0x489,marchid=0x8000000000000007,mimpid=3,resetvec=0x20000000,num-pmp-regions=64,"
          "cboz_blocksize=128,zicbom=on",
          false, &c, &err);
    g_assert_no_error(err);
    g_assert_cmphex(c.mvendorid, ==, 0x489);
    g_assert_cmphex(c.marchid, ==, UINT64_C(0x8000000000000007));
    g_assert_cmphex(c.mimpid, ==, 3);
    g_assert_cmphex(c.reset_vector, ==, 0x20000000);
    g_assert_cmpuint(c.pmp_count, ==, 64);
    g_assert_cmpuint(c.cbo_block, ==, 128);
    apply("rv64,pmp=off", false, &c, &err);
    g_assert_no_error(err);
    g_assert_cmpuint(c.pmp_count, ==, 0);
}

static void test_max_follows_machine(void)
{
    struct riscv_config c;
    GError *err = NULL;
    apply("max", true, &c, &err);
    g_assert_no_error(err);
    g_assert_cmpuint(c.xlen, ==, 32);
    apply("max", false, &c, &err);
    g_assert_cmpuint(c.xlen, ==, 64);
    apply("max32", false, &c, &err);
    g_assert_cmpuint(c.xlen, ==, 32);
    g_assert_false(apply("rv64", true, &c, &err));
    g_assert_cmpstr(err->message, ==, "-cpu rv64: this machine needs a 32-bit model");
    g_error_free(err);
}

/* Translations are shared by harts of equal number only. */
static void test_numbers(void)
{
    struct riscv_config a, b, c;
    GError *err = NULL;
    apply("rv64", false, &a, &err);
    apply("rv64,zba=off", false, &b, &err);
    apply("rv64,zba=off,zba=on", false, &c, &err);
    g_assert_no_error(err);
    g_assert_cmpuint(a.number, !=, b.number);
    g_assert_cmpuint(a.number, ==, c.number);
}

/* -- The debugger's view -- */

static void test_gdb_registers(void)
{
    struct riscv_cpu *r = hart("rv64");
    uint8_t buf[16];
    r->x[5] = UINT64_C(0x1122334455667788);
    g_assert_cmpuint(riscv_gdb_nregs(&r->cpu), ==, 33);
    g_assert_cmpuint(riscv_gdb_read(&r->cpu, 5, buf), ==, 8);
    g_assert_cmpint(memcmp(buf, "\x88\x77\x66\x55\x44\x33\x22\x11", 8), ==, 0);
    g_assert_cmpuint(riscv_gdb_write(&r->cpu, 0, buf), ==, 8);
    g_assert_cmphex(r->x[0], ==, 0);
    g_assert_cmpuint(riscv_gdb_write(&r->cpu, 32, buf), ==, 8);
    g_assert_cmphex(r->cpu.pc, ==, r->x[5]);
    g_assert_cmpuint(riscv_gdb_write(&r->cpu, 33 + 31, buf), ==, 8);
    g_assert_cmphex(r->f[31], ==, r->x[5]);
    set_priv(r, PRV_U); /* the debugger is not held by privilege */
    g_assert_cmpuint(riscv_gdb_write(&r->cpu, 65 + 0x340, buf), ==, 8);
    g_assert_cmphex(r->mscratch, ==, r->x[5]);
    g_assert_cmpuint(riscv_gdb_read(&r->cpu, 65 + 0xf14, buf), ==, 8);
    g_assert_cmpuint(riscv_gdb_read(&r->cpu, 65 + 0x7ff, buf), ==, 0);
    g_assert_cmpuint(riscv_gdb_read(&r->cpu, 65 + 4096, buf), ==, 8);
    g_assert_cmpuint(buf[0], ==, PRV_U);
    buf[0] = PRV_S;
    memset(buf + 1, 0, 7);
    riscv_gdb_write(&r->cpu, 65 + 4096, buf);
    g_assert_cmpuint(r->priv, ==, PRV_S);
    buf[0] = 2; /* no such privilege */
    riscv_gdb_write(&r->cpu, 65 + 4096, buf);
    g_assert_cmpuint(r->priv, ==, PRV_S);
    g_assert_cmpuint(riscv_gdb_read(&r->cpu, 65 + 4097, buf), ==, 0);
    g_assert_cmpuint(riscv_gdb_read(&r->cpu, -1, buf), ==, 0);

    r = hart("rv32i,f=on");
    g_assert_cmpuint(riscv_gdb_read(&r->cpu, 1, buf), ==, 4);
    g_assert_cmpuint(riscv_gdb_write(&r->cpu, 33, (const uint8_t *)"\0\0\x80\x3f"), ==, 4);
    g_assert_cmphex(r->f[0], ==, UINT64_C(0xffffffff3f800000));
    r = hart("rv32e");
    g_assert_cmpuint(riscv_gdb_read(&r->cpu, 16, buf), ==, 0);
    g_assert_cmpuint(riscv_gdb_read(&r->cpu, 33, buf), ==, 0);
}

/* Well-formed, with the parts that gdb asks for and only registers the hart has. */
static void test_gdb_xml(void)
{
    static const char *const models[] = {"rv64", "rv32", "rv64i", "max", "rv32e"};
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        struct riscv_cpu *r = hart(models[i]);
        const char *xml = riscv_gdb_target_xml(&r->cpu, "target.xml");
        static const GMarkupParser parser;
        GMarkupParseContext *ctx = g_markup_parse_context_new(&parser, 0, NULL, NULL);
        GError *err = NULL;
        g_markup_parse_context_parse(ctx, strstr(xml, "<target>"), -1, &err);
        g_assert_no_error(err);
        g_markup_parse_context_end_parse(ctx, &err);
        g_assert_no_error(err);
        g_markup_parse_context_free(ctx);
        g_assert_nonnull(strstr(xml, "org.gnu.gdb.riscv.cpu"));
        g_assert_true((strstr(xml, "org.gnu.gdb.riscv.fpu") != NULL) == r->config.has[RVF_f]);
        g_assert_nonnull(strstr(xml, "<reg name=\"mstatus\""));
        g_assert_true((strstr(xml, "<reg name=\"satp\"") != NULL) == r->config.has[RVF_s]);
        g_assert_true((strstr(xml, "regnum=\"20\"") != NULL) == !r->config.has[RVF_e]);
        g_assert_true(riscv_gdb_target_xml(&r->cpu, "target.xml") == xml);
        g_assert_null(riscv_gdb_target_xml(&r->cpu, "other.xml"));
        g_free(r->target_xml);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/riscv/models/strings", test_strings);
    g_test_add_func("/riscv/models/paging", test_paging);
    g_test_add_func("/riscv/models/messages", test_messages);
    g_test_add_func("/riscv/models/values", test_values);
    g_test_add_func("/riscv/models/max", test_max_follows_machine);
    g_test_add_func("/riscv/models/numbers", test_numbers);
    g_test_add_func("/riscv/gdb/registers", test_gdb_registers);
    g_test_add_func("/riscv/gdb/xml", test_gdb_xml);
    return g_test_run();
}
