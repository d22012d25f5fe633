/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables as firmware gets them: files of fw_cfg read by its registers, the table loader's commands carried out,
 * sums, what refers to what, and fields that follow from options. "test-acpi --dump FOLDER SYSTEM MACHINE [CPUS SOCKETS
 * CLUSTERS CORES THREADS MIB]" writes the files of such a machine, for tests/cli/acpi.t; $NUMA, $SMBIOS and $UUID
 * ask for more.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "machine.h"
#include "numa.h"
#include "opts.h"
#include "smbios.h"

#define SELECTOR 8
#define KEY_FILE_DIR 0x19
#define TABLES "etc/acpi/tables"
#define RSDP "etc/acpi/rsdp"

static struct opts *props;
static gpa fw_cfg;

static void drop(void)
{
    if (the_machine)
        machine_free(the_machine);
    g_clear_pointer(&props, opts_free);
}

static struct machine *make(const char *system, const char *arg, struct machine_config c)
{
    g_autoptr(GError) err = NULL;
    struct machine *m;

    drop();
    c.props = props = opts_parse(arg, "type", NULL);
    c.type = opts_take(props, "type");
    if (!c.bios && g_str_has_prefix(system, "riscv")) /* OpenSBI need not be there */
        c.bios = "none";
    m = machine_new(&c, system, &err);
    g_assert_no_error(err);
    g_assert_true(smbios_offer(m, &err));
    machine_reset(m);
    fw_cfg = g_str_has_prefix(system, "riscv") ? 0x10100000 : 0x9020000;
    return m;
}

/* -- Files of fw_cfg -- */

static void select_key(unsigned key)
{
    g_assert_cmpint(bus_write(the_machine->as, fw_cfg + SELECTOR, 2, GUINT16_TO_BE((uint16_t)key)), ==, BUS_OK);
}

static void read_bytes(void *buf, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++) {
        g_assert_cmpint(bus_read(the_machine->as, fw_cfg, 1, &v), ==, BUS_OK);
        ((uint8_t *)buf)[i] = v;
    }
}

/* NULL: there is none. */
static GByteArray *read_file(const char *name)
{
    struct {
        uint32_t size;
        uint16_t select, reserved;
        char name[56];
    } entry;
    uint32_t count;
    GByteArray *b;

    select_key(KEY_FILE_DIR);
    read_bytes(&count, 4);
    for (count = GUINT32_FROM_BE(count); count; count--) {
        read_bytes(&entry, sizeof(entry));
        if (strcmp(entry.name, name))
            continue;
        b = g_byte_array_new();
        g_byte_array_set_size(b, GUINT32_FROM_BE(entry.size));
        select_key(GUINT16_FROM_BE(entry.select));
        read_bytes(b->data, b->len);
        return b;
    }
    return NULL;
}

/* -- What firmware does -- */

#define TABLES_AT 0x87650000u /* where it puts them */
#define RSDP_AT 0x12340u

static struct {
    GByteArray *tables, *rsdp;
} loaded;

static uint64_t number(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;

    memcpy(&v, p, n);
    return GUINT64_FROM_LE(v);
}

static GByteArray *file_of(const char *name, uint32_t *at)
{
    g_assert_true(!strcmp(name, TABLES) || !strcmp(name, RSDP));
    *at = strcmp(name, TABLES) ? RSDP_AT : TABLES_AT;
    return strcmp(name, TABLES) ? loaded.rsdp : loaded.tables;
}

static void command(const uint8_t *c, bool allocated)
{
    uint32_t at, target, offset, start, size;
    GByteArray *b = file_of((const char *)c + 4, &at);
    uint8_t sum = 0;

    g_assert_true(allocated);
    if (number(c, 4) == 2) { /* a pointer */
        GByteArray *to = file_of((const char *)c + 60, &target);
        offset = number(c + 116, 4);
        g_assert_cmpuint(c[120], ==, 8);
        g_assert_cmpuint(offset + 8, <=, b->len);
        uint64_t v = number(b->data + offset, 8);
        g_assert_cmpuint(v, <, to->len);
        v = GUINT64_TO_LE(v + target);
        memcpy(b->data + offset, &v, 8);
        return;
    }
    g_assert_cmpuint(number(c, 4), ==, 3); /* a sum */
    offset = number(c + 60, 4);
    start = number(c + 64, 4);
    size = number(c + 68, 4);
    g_assert_true(start + size <= b->len && offset >= start && offset < start + size);
    g_assert_cmpuint(b->data[offset], ==, 0);
    for (uint32_t i = 0; i < size; i++)
        sum += b->data[start + i];
    b->data[offset] = -sum;
}

static void load_tables(void)
{
    g_autoptr(GByteArray) script = read_file("etc/table-loader");
    unsigned allocated = 0;

    if (loaded.tables) {
        g_byte_array_unref(loaded.tables);
        g_byte_array_unref(loaded.rsdp);
    }
    loaded.tables = read_file(TABLES);
    loaded.rsdp = read_file(RSDP);
    g_assert_true(script && loaded.tables && loaded.rsdp && script->len % 128 == 0);
    for (const uint8_t *c = script->data; c < script->data + script->len; c += 128) {
        if (number(c, 4) == 1)
            allocated++;
        else
            command(c, allocated == 2);
    }
}

static uint8_t sum_of(const uint8_t *p, uint32_t n)
{
    uint8_t sum = 0;

    while (n--)
        sum += *p++;
    return sum;
}

/* The table at the address, whole. */
static const uint8_t *table_at(uint64_t addr)
{
    const uint8_t *t = loaded.tables->data + (addr - TABLES_AT);

    g_assert_cmpuint(addr - TABLES_AT + 36, <=, loaded.tables->len);
    g_assert_cmpuint(addr - TABLES_AT + number(t + 4, 4), <=, loaded.tables->len);
    g_assert_cmpuint(sum_of(t, number(t + 4, 4)), ==, 0);
    return t;
}

/* The table with this signature; NULL: there is none. The DSDT is the FADT's. */
static const uint8_t *table(const char *signature)
{
    const uint8_t *xsdt = table_at(number(loaded.rsdp->data + 24, 8)), *t;

    g_assert_cmpmem(xsdt, 4, "XSDT", 4);
    for (uint32_t i = 36; i < number(xsdt + 4, 4); i += 8) {
        t = table_at(number(xsdt + i, 8));
        if (!memcmp(t, signature, 4))
            return t;
        if (!memcmp(t, "FACP", 4) && !memcmp(table_at(number(t + 140, 8)), signature, 4))
            return table_at(number(t + 140, 8));
    }
    return NULL;
}

/* The structure number n of this type in a table whose list begins at first; NULL: there are not so many. */
static const uint8_t *structure(const char *signature, unsigned first, unsigned type, unsigned n)
{
    const uint8_t *t = table(signature), *end = t + number(t + 4, 4);

    for (const uint8_t *p = t + first; p < end; p += p[1]) {
        g_assert_true(p[1] && p + p[1] <= end);
        if (p[0] == type && n-- == 0)
            return p;
    }
    return NULL;
}

/* -- Tests -- */

static void test_loader(void)
{
    static const struct {
        const char *system, *signatures;
    } boards[] = { { "riscv64", "DSDT FACP APIC RHCT SPCR MCFG" }, { "riscv32", "DSDT FACP APIC RHCT SPCR MCFG" },
                   { "aarch64", "DSDT FACP APIC PPTT GTDT MCFG SPCR DBG2" },
                   { "arm", "DSDT FACP APIC PPTT GTDT MCFG SPCR DBG2" } };

    for (unsigned i = 0; i < ARRAY_SIZE(boards); i++) {
        make(boards[i].system, "virt", (struct machine_config){ .cpus = 2, .cores = 2 });
        load_tables();
        g_assert_cmpmem(loaded.rsdp->data, 8, "RSD PTR ", 8);
        g_assert_cmpuint(sum_of(loaded.rsdp->data, 20), ==, 0);
        g_assert_cmpuint(sum_of(loaded.rsdp->data, 36), ==, 0);
        g_auto(GStrv) names = g_strsplit(boards[i].signatures, " ", -1);
        for (char **s = names; *s; s++)
            if (!table(*s))
                g_error("%s has no %s", boards[i].system, *s);
        g_assert_null(table("SRAT"));
        g_assert_null(table("IORT"));
    }
}

static void test_off(void)
{
    make("riscv64", "virt,acpi=off", (struct machine_config){ 0 });
    g_assert_null(read_file("etc/table-loader"));
    make("aarch64", "virt,acpi=off", (struct machine_config){ 0 });
    g_assert_null(read_file(TABLES));
    make("aarch64", "virt,acpi=on", (struct machine_config){ 0 });
    load_tables();
}

enum { MADT = 44 }; /* where its structures begin */

static void test_gic(void)
{
    make("aarch64", "virt", (struct machine_config){ .cpus = 3, .cores = 3 });
    load_tables();
    const uint8_t *cpu = structure("APIC", MADT, 0x0b, 2), *frame = structure("APIC", MADT, 0x0d, 0);
    g_assert_null(structure("APIC", MADT, 0x0b, 3));
    g_assert_cmphex(number(cpu + 32, 8), ==, 0x8010000);
    g_assert_cmpuint(number(cpu + 8, 4), ==, 2);
    g_assert_cmphex(number(cpu + 68, 8), ==, 2);
    g_assert_cmphex(number(frame + 8, 8), ==, 0x8020000);
    g_assert_cmpuint(number(frame + 22, 2), ==, 80);
    g_assert_cmpuint(number(table("FACP") + 129, 2), ==, 3); /* PSCI, by hvc */
    g_assert_cmpuint(number(table("GTDT") + 64, 4), ==, 27);

    make("aarch64", "virt,gic-version=3,virtualization=on", (struct machine_config){ .cpus = 130, .cores = 130 });
    load_tables();
    g_assert_cmpuint(structure("APIC", MADT, 0x0c, 0)[20], ==, 3);
    g_assert_cmphex(number(structure("APIC", MADT, 0x0b, 129) + 68, 8), ==, 0x801);
    g_assert_cmpuint(number(structure("APIC", MADT, 0x0b, 129) + 56, 4), ==, 25); /* maintenance */
    g_assert_cmphex(number(structure("APIC", MADT, 0x0e, 1) + 4, 8), ==, 0x4000000000);
    g_assert_null(structure("APIC", MADT, 0x0d, 0));
    g_assert_cmpuint(number(table("FACP") + 129, 2), ==, 1); /* PSCI, by smc */

    g_autofree char *bios = g_strdup_printf("%s/mynah-acpi.%d", g_get_tmp_dir(), (int)getpid());
    g_assert_true(g_file_set_contents(bios, "firmware", -1, NULL));
    make("aarch64", "virt,secure=on", (struct machine_config){ .bios = bios });
    unlink(bios);
    load_tables();
    g_assert_cmpuint(number(table("FACP") + 129, 2), ==, 0); /* firmware of the guest's is it, and says so itself */
}

static void test_riscv_controllers(void)
{
    make("riscv64", "virt", (struct machine_config){ .cpus = 2, .cores = 2 });
    load_tables();
    g_assert_cmpuint(number(structure("APIC", MADT, 0x18, 1) + 20, 4), ==, 3); /* the PLIC's context */
    g_assert_cmpuint(number(structure("APIC", MADT, 0x1b, 0) + 12, 2), ==, 95);

    make("riscv64", "virt,aia=aplic", (struct machine_config){ .cpus = 2, .cores = 2 });
    load_tables();
    g_assert_cmpuint(number(structure("APIC", MADT, 0x18, 1) + 20, 4), ==, 1);
    g_assert_cmpuint(number(structure("APIC", MADT, 0x1a, 0) + 16, 2), ==, 2);
    g_assert_null(structure("APIC", MADT, 0x1b, 0));

    make("riscv64", "virt,aia=aplic-imsic,aia-guests=3", (struct machine_config){ .cpus = 2, .cores = 2 });
    load_tables();
    g_assert_cmphex(number(structure("APIC", MADT, 0x18, 1) + 24, 8), ==, 0x28004000);
    g_assert_cmphex(number(structure("APIC", MADT, 0x18, 1) + 32, 4), ==, 0x4000);
    g_assert_cmpuint(structure("APIC", MADT, 0x19, 0)[12], ==, 2);
    g_assert_cmphex(number(structure("APIC", MADT, 0x1a, 0) + 24, 8), ==, 0xd000000);
}

static void test_numa(void)
{
    struct numa numa = { .nodes = 2, .size = { GiB, 2 * GiB }, .distances = true,
                         .distance = { { 10, 40 }, { 30, 10 } } };

    for (unsigned i = 0; i < NUMA_CPUS_MAX; i++)
        numa.cpu[i] = i & 1;
    make("riscv64", "virt", (struct machine_config){ .cpus = 4, .cores = 4, .ram_size = 3 * GiB, .numa = &numa });
    load_tables();
    g_assert_cmpuint(number(structure("SRAT", 48, 7, 3) + 4, 4), ==, 1);
    g_assert_cmphex(number(structure("SRAT", 48, 1, 1) + 8, 8), ==, 0xc0000000);
    g_assert_cmphex(number(structure("SRAT", 48, 1, 1) + 16, 8), ==, 2 * GiB);
    g_assert_cmpmem(table("SLIT") + 44, 4, "\x0a\x28\x1e\x0a", 4);
    make("aarch64", "virt", (struct machine_config){ .cpus = 4, .cores = 4, .ram_size = 3 * GiB, .numa = &numa });
    load_tables();
    g_assert_cmpuint(number(structure("SRAT", 48, 3, 3) + 2, 4), ==, 1);
}

/* The most CPUs: lengths of two and three bytes in the DSDT, and everything still fits. */
static void test_many(void)
{
    make("riscv64", "virt,aia=aplic-imsic", (struct machine_config){ .cpus = 512, .cores = 512 });
    load_tables();
    g_assert_cmphex(number(structure("APIC", MADT, 0x18, 511) + 8, 8), ==, 511);
    g_assert_cmpuint(table("DSDT")[36], ==, 0x10); /* Scope, and its length */
    const uint8_t *length = table("DSDT") + 37;
    g_assert_cmpuint(length[0] >> 6, ==, 2);
    g_assert_cmpuint((length[0] & 0xf) | length[1] << 4 | length[2] << 12, ==, number(table("DSDT") + 4, 4) - 37);
}

/* -- A dump -- */

/* $SMBIOS: options, one a line. */
static void add_smbios(void)
{
    g_auto(GStrv) options = g_strsplit(getenv("SMBIOS") ? getenv("SMBIOS") : "", "\n", -1);
    g_autoptr(GError) err = NULL;

    for (char **option = options; *option && **option; option++) {
        struct opts *o = opts_parse(*option, "type", NULL);
        smbios_add(o, &err);
        g_assert_no_error(err);
        opts_free(o);
    }
}

static int dump(char **argv)
{
    static const char *const files[] = { RSDP, TABLES, "etc/table-loader", "etc/smbios/smbios-tables",
                                         "etc/smbios/smbios-anchor" };
    unsigned n[6] = { 1, 1, 0, 1, 1, 128 };
    struct numa numa = { .nodes = 2, .distances = true, .distance = { { 10, 30 }, { 30, 10 } } };
    struct machine_config c = { 0 };

    for (unsigned i = 0; i < 6 && argv[3] && argv[3 + i]; i++)
        n[i] = atoi(argv[3 + i]);
    c = (struct machine_config){ .cpus = n[0], .sockets = n[1], .clusters = MAX(n[2], 1), .clusters_given = n[2],
                                 .cores = n[3], .threads = n[4], .ram_size = n[5] * MiB };
    if (getenv("NUMA")) {
        numa.size[0] = numa.size[1] = c.ram_size / 2;
        for (unsigned i = 0; i < NUMA_CPUS_MAX; i++)
            numa.cpu[i] = i >= n[0] / 2;
        c.numa = &numa;
    }
    c.uuid = getenv("UUID");
    add_smbios();
    make(argv[1], argv[2], c);
    for (unsigned i = 0; i < ARRAY_SIZE(files); i++) {
        g_autoptr(GByteArray) b = read_file(files[i]);
        g_autofree char *name = g_strdelimit(g_strdup(files[i]), "/", '_');
        g_autofree char *path = g_build_filename(argv[0], name, NULL);
        if (b && !g_file_set_contents(path, (const char *)b->data, b->len, NULL))
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int status;

    accel = accels[0];
    if (argc >= 5 && !strcmp(argv[1], "--dump"))
        return dump(argv + 2);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/acpi/loader", test_loader);
    g_test_add_func("/acpi/off", test_off);
    g_test_add_func("/acpi/gic", test_gic);
    g_test_add_func("/acpi/riscv-controllers", test_riscv_controllers);
    g_test_add_func("/acpi/numa", test_numa);
    g_test_add_func("/acpi/many", test_many);
    status = g_test_run();
    drop();
    return status;
}
