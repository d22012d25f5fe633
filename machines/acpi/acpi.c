/* SPDX-License-Identifier: BSD-2-Clause */
/* Which ACPI tables a machine has, how firmware finds them: RSDP, XSDT, files of fw_cfg. */
#include "acpi.h"

#include "fw-cfg.h"
#include "machine.h"
#include "nodes.h"
#include "parts.h"

#define LOADER "etc/table-loader"
#define TABLES_ALIGN 64
#define RSDP_ALIGN 16

typedef void table_fn(struct acpi *a);

static table_fn *const arm_tables[] = {
    acpi_dsdt, acpi_fadt, acpi_madt_gic, acpi_pptt, acpi_gtdt, acpi_mcfg, acpi_spcr, acpi_dbg2, acpi_srat, acpi_slit,
    acpi_iort, NULL,
};
static table_fn *const riscv_tables[] = {
    acpi_dsdt, acpi_fadt, acpi_madt_riscv, acpi_rhct, acpi_spcr, acpi_mcfg, acpi_srat, acpi_slit, NULL,
};

/* Extended System Description Table: the addresses of the others. */
static uint32_t xsdt(struct acpi *a)
{
    uint32_t start;

    acpi_begin(a, "XSDT", 1);
    start = a->start;
    for (guint i = 0; i < a->listed->len; i++) {
        acpi_load_pointer(a, ACPI_TABLES, a->tables->len, ACPI_TABLES);
        acpi_u64(a->tables, g_array_index(a->listed, uint32_t, i));
    }
    acpi_end(a, false);
    return start;
}

/* Root System Description Pointer: its first 20 bytes have a checksum of their own. */
static GByteArray *rsdp(struct acpi *a, uint32_t xsdt_at)
{
    GByteArray *b = g_byte_array_new();

    acpi_text(b, "RSD PTR ", 8, ' ');
    acpi_u8(b, 0); /* checksum */
    acpi_text(b, "BOCHS", 6, ' ');
    acpi_u8(b, 2);  /* revision */
    acpi_u32(b, 0); /* no RSDT */
    acpi_u32(b, 36);
    acpi_u64(b, xsdt_at);
    acpi_zeros(b, 4); /* checksum of it all, reserved */
    acpi_load_checksum(a, ACPI_RSDP, 8, 0, 20);
    acpi_load_pointer(a, ACPI_RSDP, 24, ACPI_TABLES);
    acpi_load_checksum(a, ACPI_RSDP, 32, 0, 36);
    return b;
}

bool acpi_offer(struct machine *m, GError **err)
{
    struct device *fw_cfg = fw_cfg_find(m);
    g_autoptr(GByteArray) tables = g_byte_array_new(), loader = g_byte_array_new(), root = NULL;
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    struct acpi a = { .m = m, .tables = tables, .loader = loader, .listed = listed };

    if (!fw_cfg)
        return true;
    acpi_load_allocate(&a, ACPI_RSDP, RSDP_ALIGN, true);
    acpi_load_allocate(&a, ACPI_TABLES, TABLES_ALIGN, false);
    for (table_fn *const *t = acpi_is_arm(&a) ? arm_tables : riscv_tables; *t; t++)
        (*t)(&a);
    root = rsdp(&a, xsdt(&a));
    return fw_cfg_add_file(fw_cfg, ACPI_RSDP, root->data, root->len, err) &&
           fw_cfg_add_file(fw_cfg, ACPI_TABLES, tables->data, tables->len, err) &&
           fw_cfg_add_file(fw_cfg, LOADER, loader->data, loader->len, err);
}
