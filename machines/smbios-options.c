/* SPDX-License-Identifier: BSD-2-Clause */
/* -smbios: which fields of which structures there are to be said, and what was. */
#include "smbios-options.h"

#include <stdio.h>
#include <string.h>

#include "opts.h"
#include "smbios.h"

enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_FLAG, FIELD_VERSION, FIELD_UUID, FIELD_PORT };
#define FILE_MAX (1 * MiB)
#define HEADER_BYTES 4

static const struct field {
    unsigned type;
    enum field_kind kind;
    uint64_t max; /* of a number */
    const char *name;
} fields[] = {
    { 0, FIELD_TEXT, 0, "vendor" }, { 0, FIELD_TEXT, 0, "version" }, { 0, FIELD_TEXT, 0, "date" },
    { 0, FIELD_VERSION, 0, "release" }, { 0, FIELD_FLAG, 0, "uefi" },
    { 1, FIELD_TEXT, 0, "manufacturer" }, { 1, FIELD_TEXT, 0, "product" }, { 1, FIELD_TEXT, 0, "version" },
    { 1, FIELD_TEXT, 0, "serial" }, { 1, FIELD_UUID, 0, "uuid" }, { 1, FIELD_TEXT, 0, "sku" },
    { 1, FIELD_TEXT, 0, "family" },
    { 2, FIELD_TEXT, 0, "manufacturer" }, { 2, FIELD_TEXT, 0, "product" }, { 2, FIELD_TEXT, 0, "version" },
    { 2, FIELD_TEXT, 0, "serial" }, { 2, FIELD_TEXT, 0, "asset" }, { 2, FIELD_TEXT, 0, "location" },
    { 3, FIELD_TEXT, 0, "manufacturer" }, { 3, FIELD_TEXT, 0, "version" }, { 3, FIELD_TEXT, 0, "serial" },
    { 3, FIELD_TEXT, 0, "asset" }, { 3, FIELD_TEXT, 0, "sku" },
    { 4, FIELD_TEXT, 0, "sock_pfx" }, { 4, FIELD_TEXT, 0, "manufacturer" }, { 4, FIELD_TEXT, 0, "version" },
    { 4, FIELD_TEXT, 0, "serial" }, { 4, FIELD_TEXT, 0, "asset" }, { 4, FIELD_TEXT, 0, "part" },
    { 4, FIELD_NUMBER, UINT16_MAX, "max-speed" }, { 4, FIELD_NUMBER, UINT16_MAX, "current-speed" },
    { 4, FIELD_NUMBER, UINT16_MAX, "processor-family" }, { 4, FIELD_NUMBER, UINT64_MAX, "processor-id" },
    { 8, FIELD_TEXT, 0, "internal_reference" }, { 8, FIELD_TEXT, 0, "external_reference" },
    { 8, FIELD_NUMBER, UINT8_MAX, "connector_type" }, { 8, FIELD_NUMBER, UINT8_MAX, "port_type" },
    { 17, FIELD_TEXT, 0, "loc_pfx" }, { 17, FIELD_TEXT, 0, "bank" }, { 17, FIELD_TEXT, 0, "manufacturer" },
    { 17, FIELD_TEXT, 0, "serial" }, { 17, FIELD_TEXT, 0, "asset" }, { 17, FIELD_TEXT, 0, "part" },
    { 17, FIELD_NUMBER, UINT16_MAX, "speed" },
    { 41, FIELD_TEXT, 0, "designation" }, { 41, FIELD_PORT, 0, "kind" }, { 41, FIELD_NUMBER, UINT8_MAX, "instance" },
    { 41, FIELD_TEXT, 0, "pcidev" },
};

/* Kinds of on-board devices; their numbers begin at 1. */
static const char *const port_kinds[] = { "other", "unknown", "video", "scsi", "ethernet", "tokenring", "sound", "pata",
                                          "sata", "sas", NULL };

static GPtrArray *all;     /* of struct smbios_given */
static GByteArray *files;

/* -- What was said -- */

const struct smbios_given *smbios_given(unsigned type, unsigned n)
{
    for (guint i = 0; all && i < all->len; i++) {
        const struct smbios_given *g = g_ptr_array_index(all, i);
        if (g->type == type && n-- == 0)
            return g;
    }
    return NULL;
}

const char *smbios_text(const struct smbios_given *g, const char *field)
{
    return g ? g_hash_table_lookup(g->fields, field) : NULL;
}

uint64_t smbios_number(const struct smbios_given *g, const char *field, uint64_t dflt)
{
    const char *text = smbios_text(g, field);

    if (text && !parse_uint(text, &dflt))
        g_assert_not_reached();
    return dflt;
}

bool smbios_flag(const struct smbios_given *g, const char *field)
{
    const char *text = smbios_text(g, field);
    bool v = false;

    return text && parse_bool(text, &v) && v;
}

bool smbios_any(void)
{
    return all || files;
}

const GByteArray *smbios_files(void)
{
    return files;
}

/* -- Structures in files -- */

/* A header with the length of the fixed part, that, strings, and two zeros. */
static bool is_structure(const uint8_t *p, gsize size)
{
    return size >= HEADER_BYTES + 2 && p[1] >= HEADER_BYTES && p[1] + 2u <= size && !p[size - 1] && !p[size - 2] &&
           !memmem(p + p[1], size - p[1] - 1, "\0\0", 2);
}

static bool add_file(const char *name, GError **err)
{
    g_autofree char *data = NULL;
    g_autoptr(GError) e = NULL;
    gsize size;

    if (!g_file_get_contents(name, &data, &size, &e)) {
        fail(err, "file=%s: %s", name, file_error(e));
        return false;
    }
    if (size > FILE_MAX || !is_structure((const uint8_t *)data, size)) {
        fail(err, "file=%s: expected one SMBIOS structure with its strings", name);
        return false;
    }
    if (!files)
        files = g_byte_array_new();
    g_byte_array_append(files, (const uint8_t *)data, size);
    return true;
}

/* -- Fields -- */

static bool check_version(const char *v)
{
    unsigned major, minor;
    char end;

    return sscanf(v, "%3u.%3u%c", &major, &minor, &end) == 2 && major <= UINT8_MAX && minor <= UINT8_MAX;
}

/* Kept as a text that smbios_number() understands; NULL with a message. */
static char *checked(const struct field *f, struct opts *o, const char *value, GError **err)
{
    uint64_t number = 0;
    unsigned kind = 0;
    bool flag;

    switch (f->kind) {
    case FIELD_TEXT:
        break;
    case FIELD_NUMBER:
        if (!opts_take_uint(o, f->name, 0, f->max, &number, err))
            return NULL;
        break;
    case FIELD_FLAG:
        if (!opts_take_bool(o, f->name, &flag, err))
            return NULL;
        break;
    case FIELD_VERSION:
        if (check_version(value))
            break;
        fail(err, "%s=%s: expected two numbers, 1.2", f->name, value);
        return NULL;
    case FIELD_UUID:
        if (g_uuid_string_is_valid(value))
            break;
        fail(err, "%s=%s: expected a UUID such as 6e9b2d6c-8f0e-4f43-9a05-1c1d4b9a3c5e", f->name, value);
        return NULL;
    case FIELD_PORT:
        return opts_take_enum(o, f->name, port_kinds, &kind, err) ? g_strdup_printf("%u", kind + 1) : NULL;
    }
    return g_strdup(value);
}

static bool take_fields(struct smbios_given *g, struct opts *o, GError **err)
{
    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
        const char *value = fields[i].type == g->type ? opts_take(o, fields[i].name) : NULL;
        char *text;
        if (!value)
            continue;
        text = checked(&fields[i], o, value, err);
        if (!text)
            return false;
        g_hash_table_insert(g->fields, g_strdup(fields[i].name), text);
    }
    return true;
}

/* -- Strings: any number of value= and path= -- */

struct take_strings {
    struct opts *o;
    struct smbios_given *g;
    GError **err;
    bool failed;
};

static char *string_file(const char *path, GError **err)
{
    g_autofree char *data = NULL;
    g_autoptr(GError) e = NULL;
    gsize size;

    if (!g_file_get_contents(path, &data, &size, &e)) {
        fail(err, "path=%s: %s", path, file_error(e));
        return NULL;
    }
    if (size > FILE_MAX || memchr(data, 0, size)) {
        fail(err, "path=%s: expected a text of at most 1 MiB without zeros", path);
        return NULL;
    }
    return g_steal_pointer(&data);
}

static bool take_string(const char *key, const char *value, void *opaque)
{
    struct take_strings *t = opaque;
    char *text = NULL;

    if (!strcmp(key, "value"))
        text = g_strdup(value);
    else if (!strcmp(key, "path"))
        t->failed = !(text = string_file(value, t->err));
    else
        return true;
    opts_take(t->o, key);
    if (text)
        g_ptr_array_add(t->g->strings, text);
    return !t->failed;
}

/* -- An option -- */

static void given_free(void *p)
{
    struct smbios_given *g = p;

    g_hash_table_unref(g->fields);
    g_ptr_array_unref(g->strings);
    g_free(g);
}

static bool many(unsigned type)
{
    return type == 8 || type == 41;
}

static struct smbios_given *given_of(unsigned type)
{
    struct smbios_given *g = many(type) ? NULL : (struct smbios_given *)smbios_given(type, 0);

    if (g)
        return g;
    if (!all)
        all = g_ptr_array_new_with_free_func(given_free);
    g = g_new0(struct smbios_given, 1);
    g->type = type;
    g->fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g->strings = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(all, g);
    return g;
}

static bool known_type(uint64_t type)
{
    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
        if (fields[i].type == type)
            return true;
    return type == 11;
}

bool smbios_add(struct opts *o, GError **err)
{
    const char *file = opts_take(o, "file");
    uint64_t type = UINT64_MAX;

    if (file)
        return opts_done(o, "-smbios", err) && add_file(file, err);
    if (!opts_take_uint(o, "type", 0, UINT8_MAX, &type, err))
        return false;
    if (opts_listing() && type == UINT64_MAX)
        return opts_done(o, "-smbios", err);
    if (!known_type(type)) {
        fail(err, "expected file=FILE, or type=0, 1, 2, 3, 4, 8, 11, 17 or 41");
        return false;
    }
    struct smbios_given *g = given_of(type);
    struct take_strings t = { .o = o, .g = g, .err = err };
    if (type == 11)
        opts_foreach(o, take_string, &t);
    return !t.failed && take_fields(g, o, err) && opts_done(o, "-smbios", err);
}
