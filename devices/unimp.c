/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stand-in for hardware that is not modelled: reads as zero, ignores writes, and logs both (-d unimp). Rules give it
 * registers that firmware polls or reads back: from the node (mynah,registers), a text file (-global
 * unimplemented-device.rules=FILE), the command line (-global unimp.NODE.OFFSET=VALUE). reg-rules.h says what they are.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "device.h"
#include "reg-rules.h"

#define MAX_RULES 1024

struct unimp {
    struct device dev;
    uint64_t size;
    char *rules_file;
    struct reg_rule *rules;
    uint32_t *values; /* of their registers, as they were written */
    unsigned nrules;
};

/* -- Rules -- */

/* Those of the command line, for all devices made from now on. */
static GPtrArray *global_rules;

bool unimp_add_global(const char *where, const char *value, GError **err)
{
    const char *dot = strrchr(where, '.');
    struct reg_rule *r = g_new0(struct reg_rule, 1);
    g_autofree char *text = dot ? g_strdup_printf("%.*s %s reset=%s mask=0", (int)(dot - where), where, dot + 1, value)
                                : NULL;

    if (text && reg_rule_parse(text, true, r, err)) {
        if (!global_rules)
            global_rules = g_ptr_array_new();
        g_ptr_array_add(global_rules, r);
        return true;
    }
    if (!text)
        fail(err, "expected unimp.NODE.OFFSET=VALUE");
    g_free(r);
    return false;
}

/* The last rule of a register counts. */
static bool add_rule(struct unimp *s, const struct reg_rule *r, GError **err)
{
    if (r->offset + 4 > s->size) {
        fail(err, "a rule is of a register at 0x%" PRIx64 ", behind the end of the region", r->offset);
        return false;
    }
    for (unsigned i = 0; i < s->nrules; i++) {
        if (s->rules[i].offset == r->offset) {
            s->rules[i] = *r;
            return true;
        }
    }
    if (s->nrules == MAX_RULES) {
        fail(err, "there are more than %u rules", MAX_RULES);
        return false;
    }
    s->rules = g_renew(struct reg_rule, s->rules, s->nrules + 1);
    s->values = g_renew(uint32_t, s->values, s->nrules + 1);
    s->values[s->nrules] = 0;
    s->rules[s->nrules++] = *r;
    return true;
}

static bool read_rules(struct unimp *s, GError **err)
{
    g_autofree char *text = NULL;
    GError *e = NULL;

    if (!g_file_get_contents(s->rules_file, &text, NULL, &e)) {
        fail(err, "rules=%s: %s", s->rules_file, file_error(e));
        g_error_free(e);
        return false;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        struct reg_rule r;
        lines[i][strcspn(lines[i], "#")] = '\0';
        if (!*g_strstrip(lines[i]))
            continue;
        if (!reg_rule_parse(lines[i], true, &r, err) || (reg_rule_is_for(&r, s->dev.id) && !add_rule(s, &r, err))) {
            g_prefix_error(err, "rules=%s: line %u: ", s->rules_file, i + 1);
            return false;
        }
    }
    return true;
}

static bool unimp_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct unimp *s = container_of(d, struct unimp, dev);
    const char *text;

    for (int i = 0; (text = fdt_stringlist_get(fdt, node, "mynah,registers", i, NULL)); i++) {
        struct reg_rule r;
        if (!reg_rule_parse(text, false, &r, err) || !add_rule(s, &r, err)) {
            g_prefix_error(err, "device tree: %s: mynah,registers: ", d->id);
            return false;
        }
    }
    return true;
}

static const struct reg_rule *rule_at(const struct unimp *s, uint64_t offset, unsigned *n)
{
    for (*n = 0; *n < s->nrules; ++*n)
        if (s->rules[*n].offset == (offset & ~UINT64_C(3)))
            return &s->rules[*n];
    return NULL;
}

/* -- Registers -- */

static uint64_t unimp_read(void *opaque, uint64_t offset, unsigned size)
{
    struct unimp *s = opaque;
    unsigned n;
    const struct reg_rule *r = rule_at(s, offset, &n);

    if (r && size <= 4)
        return bits(reg_rule_read(r, s->values[n]), 8 * (offset & 3), 8 * size);
    log_to(LOG_UNIMP, "%s: read of %u bytes at offset 0x%" PRIx64 "\n", s->dev.id, size, offset);
    return 0;
}

static void unimp_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct unimp *s = opaque;
    unsigned n;
    const struct reg_rule *r = rule_at(s, offset, &n);

    if (r && size <= 4)
        s->values[n] = reg_rule_write(r, s->values[n], with_bits(s->values[n], 8 * (offset & 3), 8 * size, value));
    else
        log_to(LOG_UNIMP, "%s: write of 0x%" PRIx64 " (%u bytes) at offset 0x%" PRIx64 "\n", s->dev.id, value, size,
               offset);
}

static const struct io_ops unimp_ops = { .read = unimp_read, .write = unimp_write, .min_size = 1, .max_size = 8 };

/* -- Life -- */

static bool unimp_realize(struct device *d, GError **err)
{
    struct unimp *s = container_of(d, struct unimp, dev);

    if (s->size == 0) {
        fail(err, "%s: size=0: expected at least 1", d->id);
        return false;
    }
    if (s->rules_file && !read_rules(s, err))
        return false;
    for (guint i = 0; global_rules && i < global_rules->len; i++) {
        const struct reg_rule *r = g_ptr_array_index(global_rules, i);
        if (reg_rule_is_for(r, d->id) && !add_rule(s, r, err))
            return false;
    }
    struct region *r = device_add_io(d, d->id, &unimp_ops, s->size);
    r->opaque = s;
    return true;
}

static void unimp_unrealize(struct device *d)
{
    struct unimp *s = container_of(d, struct unimp, dev);

    g_free(s->rules);
    g_free(s->values);
}

static void unimp_reset(struct device *d)
{
    struct unimp *s = container_of(d, struct unimp, dev);

    for (unsigned i = 0; i < s->nrules; i++)
        s->values[i] = s->rules[i].reset;
}

static const struct property unimp_props[] = {
    PROP(struct unimp, size, SIZE, 0, NULL, "bytes of the region"),
    PROP_NAMED("rules", struct unimp, rules_file, STRING, 0, NULL, "a file of rules for registers"),
    PROP_END,
};

static const struct state_row unimp_fields[] = {
    FIELD_NONE(struct unimp, rules, "settled when it is made"),
    FIELD_KEEP_LIST(struct unimp, values, nrules),
    FIELD_SAME(struct unimp, nrules),
    FIELD_END,
};

static const struct state_table unimp_state = {
    STATE_OF(struct unimp),
    .version = 2,
    .rows = unimp_fields,
};

const struct device_type unimp_type = {
    .name = "unimplemented-device",
    .desc = "stand-in for hardware that is not modelled",
    .size = sizeof(struct unimp),
    .props = unimp_props,
    .state = &unimp_state,
    .realize = unimp_realize,
    .unrealize = unimp_unrealize,
    .reset = unimp_reset,
    .from_dt = unimp_from_dt,
};
