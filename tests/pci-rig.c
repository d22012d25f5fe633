/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci-rig.h"

#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "block.h"
#include "opts.h"
#include "plug.h"
#include "snapshot.h"

#define ECAM UINT64_C(0x30000000)
#define BARS UINT64_C(0x40000000)
#define BAR_SPACE 0x100000 /* for each */

struct machine *pci_rig;
static GPtrArray *files;

void pci_rig_open(void)
{
    struct machine_config c = { .bios = "none", .ram_size = PCI_RIG_RAM_SIZE, .type = "virt" };
    g_autoptr(GError) err = NULL;

    accel = accels[0];
    c.props = opts_new();
    pci_rig = machine_new(&c, "riscv64", &err);
    g_assert_no_error(err);
    opts_free(c.props);
    files = g_ptr_array_new_with_free_func(g_free);
}

void pci_rig_close(void)
{
    machine_free(pci_rig);
    block_close_all();
    for (guint i = 0; i < files->len; i++)
        unlink(files->pdata[i]);
    g_ptr_array_free(files, TRUE);
}

static char *new_file(int *fd)
{
    g_autoptr(GError) err = NULL;
    char *path;

    *fd = g_file_open_tmp("mynah-pci-XXXXXX", &path, &err);
    g_assert_no_error(err);
    g_ptr_array_add(files, path);
    return path;
}

void pci_rig_disk(const char *id, uint64_t bytes, const char *text)
{
    g_autoptr(GError) err = NULL;
    int fd;
    const char *path = new_file(&fd);

    g_assert_cmpint(ftruncate(fd, bytes), ==, 0);
    if (text)
        g_assert_cmpint(pwrite(fd, text, strlen(text), 7 * 512), ==, strlen(text));
    close(fd);
    g_autofree char *spec = g_strdup_printf("if=none,id=%s,format=raw,discard=unmap,file=%s", id, path);
    struct opts *o = opts_parse(spec, NULL, &err);
    g_assert_true(block_add_drive(o, BLOCK_IF_NONE, &err));
    opts_free(o);
}

void pci_rig_add(const char *arg, const char *error)
{
    struct opts *o = opts_parse(arg, "driver", NULL);
    g_autoptr(GError) err = NULL;

    device_add(pci_rig, o, &err);
    g_assert_cmpstr(err ? err->message : "", ==, error);
    opts_free(o);
}

uint64_t rd(gpa addr, unsigned size)
{
    uint64_t v = 0;

    g_assert_cmpint(bus_read(pci_rig->as, addr, size, &v), ==, BUS_OK);
    return v;
}

void wr(gpa addr, unsigned size, uint64_t v)
{
    g_assert_cmpint(bus_write(pci_rig->as, addr, size, v), ==, BUS_OK);
}

gpa pci_rig_config(unsigned n, unsigned offset)
{
    return ECAM + (n << 15) + offset;
}

gpa pci_rig_enable(unsigned n, unsigned bar)
{
    gpa at = BARS + (gpa)(8 * n + bar) * BAR_SPACE;

    wr(pci_rig_config(n, PCI_BASE_ADDRESS_0 + 4 * bar), 4, at);
    wr(pci_rig_config(n, PCI_COMMAND), 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    return at;
}

void pci_rig_await(gpa addr, unsigned size, uint64_t mask, uint64_t value)
{
    for (unsigned i = 0; i < 600000 && (rd(addr, size) & mask) != value; i++)
        g_usleep(100);
    g_assert_cmphex(rd(addr, size) & mask, ==, value);
}

void pci_rig_resume(void (*fn)(void))
{
    struct snapshot_info info = { 0 };
    g_autoptr(GError) err = NULL;
    bool harmed = false;
    int fd;
    const char *path = new_file(&fd);

    close(fd);
    snapshot_save(path, "", false, "running", &err);
    g_assert_no_error(err);
    fn();
    snapshot_load(path, &info, &harmed, &err);
    g_assert_no_error(err);
    snapshot_info_clear(&info);
}
