/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STM32's flash with its controller, as F1 has it, and as F2 and F4. Manuals: PM0081, "STM32F40xxx ... Flash
 * programming"; PM0063 for F1; bindings: st,stm32f1-, st,stm32f2-, st,stm32f4-flash-controller, with a second entry of
 * reg for the flash, and a third one for it again at 0. What the guest has written stays until the machine is made
 * anew, but for what was loaded, which comes back with a reset. Not modelled: the time that it takes, protection,
 * option bytes beyond what is kept, read errors.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "device.h"
#include "dt.h"

enum { ACR = 0x00, KEYR = 0x04, OPTKEYR = 0x08, SR = 0x0c, CR = 0x10, OPTCR = 0x14, REGION_BYTES = 0x400 };
enum { F1_AR = 0x14, F1_OBR = 0x1c, F1_WRPR = 0x20 };
enum { SR_EOP = 0x01, SR_OPERR = 0x02, SR_WRPERR = 0x10, SR_PGAERR = 0x20, SR_PGPERR = 0x40, SR_PGSERR = 0x80,
       F1_SR_PGERR = 0x04, F1_SR_EOP = 0x20 };
enum { CR_PG = 1, CR_SER = 2, CR_MER = 4, CR_EOPIE = 1 << 24, CR_STRT = 1 << 16, CR_KEPT = 0x0300037f };
#define CR_LOCK (1u << 31)
enum { F1_CR_STRT = 0x40, F1_CR_LOCK = 0x80, F1_CR_EOPIE = 0x1000, F1_CR_KEPT = 0x1637 };
#define KEY1 0x45670123u
#define KEY2 0xcdef89abu

struct stm32_flash {
    struct device dev;
    uint64_t size;
    bool f1;
    struct ram_block *storage;
    bool half_unlocked; /* the first key was right */
    bool shut;          /* a wrong key: until the next reset */
    uint32_t acr, sr, cr, optcr, ar;
};

static uint32_t lock_bit(const struct stm32_flash *s)
{
    return s->f1 ? F1_CR_LOCK : CR_LOCK;
}

static void update_irq(struct stm32_flash *s)
{
    device_irq(&s->dev, 0, s->f1 ? (s->sr & F1_SR_EOP) && (s->cr & F1_CR_EOPIE)
                                 : (s->sr & SR_EOP) && (s->cr & CR_EOPIE));
}

static void ended(struct stm32_flash *s)
{
    if (s->f1 || (s->cr & CR_EOPIE)) /* the others set it for those who asked only */
        s->sr |= s->f1 ? F1_SR_EOP : SR_EOP;
}

/* -- The flash: reads are memory's, writes come here -- */

static uint64_t memory_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct stm32_flash *s = opaque;
    uint64_t v = 0;

    memcpy(&v, s->storage->host + offset, size);
    return v;
}

/* F1 programs half-words that are erased; the others any unit, as PSIZE says, by making bits 0. */
static void memory_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_flash *s = opaque;
    uint64_t old = memory_read(s, offset, size), v = old & value;

    if ((s->cr & lock_bit(s)) || !(s->cr & CR_PG)) {
        device_guest_error(&s->dev, "flash 0x%" PRIx64 ": write while programming is off", offset);
        s->sr |= s->f1 ? F1_SR_PGERR : SR_PGSERR;
    } else if (s->f1 && (size != 2 || (old != 0xffff && value))) {
        device_guest_error(&s->dev, "flash 0x%" PRIx64 ": expected a half-word that is erased", offset);
        s->sr |= F1_SR_PGERR;
    } else if (!s->f1 && size != 1u << (s->cr >> 8 & 3)) {
        device_guest_error(&s->dev, "flash 0x%" PRIx64 ": %u bytes are not what PSIZE says", offset, size);
        s->sr |= SR_PGPERR;
    } else {
        memcpy(s->storage->host + offset, &v, size);
        bus_ram_written(s->storage->host + offset, size);
        ended(s);
    }
    update_irq(s);
}

static const struct io_ops memory_ops = { .read = memory_read, .write = memory_write, .min_size = 1, .max_size = 8 };

static void erase(struct stm32_flash *s, uint64_t offset, uint64_t size)
{
    if (offset + size > s->size) {
        device_guest_error(&s->dev, "there is no flash at 0x%" PRIx64 " to erase", offset);
        s->sr |= s->f1 ? 0 : SR_OPERR;
        return;
    }
    memset(s->storage->host + offset, 0xff, size);
    bus_ram_written(s->storage->host + offset, size);
    ended(s);
}

/* F2's and F4's sectors: four of 16 KiB, one of 64, the others of 128; the second bank's numbers begin at 16. */
static void erase_sector(struct stm32_flash *s, unsigned n)
{
    uint64_t bank = n >= 16 ? s->size / 2 : 0;

    n &= 15;
    if (n < 4)
        erase(s, bank + n * 16 * KiB, 16 * KiB);
    else if (n == 4)
        erase(s, bank + 64 * KiB, 64 * KiB);
    else
        erase(s, bank + (n - 4) * 128 * KiB, 128 * KiB);
}

static void start(struct stm32_flash *s)
{
    uint64_t page = s->size > 128 * KiB ? 2 * KiB : KiB;

    if (s->cr & CR_MER)
        erase(s, 0, s->size);
    else if (!(s->cr & CR_SER))
        device_guest_error(&s->dev, "nothing is said of what to erase");
    else if (s->f1)
        erase(s, (s->ar & 0x7fffff) / page * page, page);
    else
        erase_sector(s, s->cr >> 3 & 31);
}

/* -- Registers -- */

static uint64_t flash_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_flash *s = opaque;

    switch (offset) {
    case ACR: return s->acr;
    case KEYR: case OPTKEYR: return 0;
    case SR: return s->sr;
    case CR: return s->cr;
    case OPTCR: return s->f1 ? 0 : s->optcr;
    case F1_OBR:
        if (s->f1)
            return 0x03fffffc;
        break;
    case F1_WRPR:
        if (s->f1)
            return UINT32_MAX;
        break;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void take_key(struct stm32_flash *s, uint32_t key)
{
    if (s->shut)
        return;
    if (s->half_unlocked && key == KEY2) {
        s->cr &= ~lock_bit(s);
        s->half_unlocked = false;
    } else if (!s->half_unlocked && key == KEY1) {
        s->half_unlocked = true;
    } else {
        device_guest_error(&s->dev, "a wrong key: it stays locked until the next reset");
        s->shut = true;
    }
}

static void write_control(struct stm32_flash *s, uint32_t value)
{
    uint32_t starts = s->f1 ? F1_CR_STRT : CR_STRT;

    if (s->cr & lock_bit(s)) {
        device_guest_error(&s->dev, "a write to CR while it is locked");
        return;
    }
    s->cr = value & (s->f1 ? F1_CR_KEPT : CR_KEPT);
    if (value & starts)
        start(s);
    s->cr |= value & lock_bit(s);
}

static void flash_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_flash *s = opaque;

    switch (offset) {
    case ACR: s->acr = s->f1 ? (value & 0x1f) | (value & 0x10) << 1 : value & 0x1f07; break;
    case KEYR: take_key(s, value); break;
    case OPTKEYR: break;
    case SR: s->sr &= ~value; break;
    case CR: write_control(s, value); break;
    case OPTCR: /* F1's AR */
        if (s->f1)
            s->ar = value;
        else
            s->optcr = value;
        break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

static const struct io_ops flash_ops = { .read = flash_read, .write = flash_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool flash_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct stm32_flash *s = container_of(d, struct stm32_flash, dev);
    gpa addr;

    s->f1 = dt_compatible(fdt, node, "st,stm32f1-flash-controller");
    dt_reg(fdt, node, 1, &addr, &s->size);
    return true;
}

static void add_memory(struct stm32_flash *s, const char *name)
{
    struct region *r = device_add_io(&s->dev, name, &memory_ops, s->size);

    r->kind = REGION_ROMD;
    r->host = s->storage->host;
    r->ram = s->storage;
}

static bool flash_realize(struct device *d, GError **err)
{
    struct stm32_flash *s = container_of(d, struct stm32_flash, dev);

    if (s->size % PAGE_SIZE || s->size > 16 * MiB) {
        fail(err, "%s: size=0x%" PRIx64 ": expected a multiple of 4 KiB up to 16 MiB", d->id, s->size);
        return false;
    }
    device_add_io(d, "stm32-flash", &flash_ops, REGION_BYTES);
    if (!s->size) /* the tree has the flash elsewhere: it can't be written */
        return true;
    s->storage = ram_block_new("flash", s->size, err);
    if (!s->storage)
        return false;
    memset(s->storage->host, 0xff, s->size);
    add_memory(s, "flash");
    add_memory(s, "flash.alias");
    return true;
}

static void flash_unrealize(struct device *d)
{
    struct stm32_flash *s = container_of(d, struct stm32_flash, dev);

    if (s->storage)
        ram_block_free(s->storage);
}

static void flash_reset(struct device *d)
{
    struct stm32_flash *s = container_of(d, struct stm32_flash, dev);

    s->acr = s->f1 ? 0x30 : 0;
    s->cr = lock_bit(s);
    update_irq(s);
}

static const struct property flash_props[] = {
    PROP_NAMED("size", struct stm32_flash, size, SIZE, 0, NULL, "bytes of flash"),
    PROP_END,
};

static const struct state_row flash_fields[] = {
    FIELD_SAME(struct stm32_flash, f1),
    FIELD_NONE(struct stm32_flash, storage, "guest memory, which has its own part of a snapshot"),
    FIELD(struct stm32_flash, half_unlocked, 0),
    FIELD(struct stm32_flash, shut, 0),
    FIELD(struct stm32_flash, acr, 0),
    FIELD(struct stm32_flash, sr, 0),
    FIELD(struct stm32_flash, cr, 0),
    FIELD(struct stm32_flash, optcr, 0x0fffaaed),
    FIELD(struct stm32_flash, ar, 0),
    FIELD_END,
};

static const struct state_table flash_state = {
    STATE_OF(struct stm32_flash),
    .version = 1,
    .rows = flash_fields,
};

static const char *const flash_compatible[] = { "st,stm32f1-flash-controller", "st,stm32f2-flash-controller",
                                                "st,stm32f4-flash-controller", NULL };

const struct device_type stm32_flash_type = {
    .name = "stm32-flash",
    .desc = "STM32 flash with its controller (F1, F2, F4)",
    .compatible = flash_compatible,
    .size = sizeof(struct stm32_flash),
    .props = flash_props,
    .state = &flash_state,
    .realize = flash_realize,
    .unrealize = flash_unrealize,
    .reset = flash_reset,
    .from_dt = flash_from_dt,
};
