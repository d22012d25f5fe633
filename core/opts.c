/* SPDX-License-Identifier: BSD-2-Clause */
/* Option arguments: "value,key=value,flag" and JSON objects, typed values, and the nearest name for a typing error. */
#include "opts.h"

#include <errno.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define JSON_MAX_DEPTH 32

struct opt {
    char *key, *value;
    const char *spelling; /* what the user wrote, where that is not the key ("nowait"); owned */
    bool used;
};

struct opts {
    GArray *list;     /* struct opt */
    GPtrArray *asked; /* keys that a consumer asked for, for the nearest name */
    GString *listing; /* one line a key, while opts_list_into() is on; else NULL */
    char *implied;    /* the key of a first item without '='; NULL: there is none */
};

static GString *list_into;

static void opt_clear(gpointer p)
{
    struct opt *e = p;
    g_free(e->key);
    g_free(e->value);
    g_free((char *)e->spelling);
}

struct opts *opts_new(void)
{
    struct opts *o = g_new0(struct opts, 1);
    o->list = g_array_new(FALSE, TRUE, sizeof(struct opt));
    g_array_set_clear_func(o->list, opt_clear);
    o->asked = g_ptr_array_new_with_free_func(g_free);
    o->listing = list_into ? g_string_new(NULL) : NULL;
    return o;
}

void opts_free(struct opts *o)
{
    if (!o)
        return;
    g_array_free(o->list, TRUE);
    g_ptr_array_free(o->asked, TRUE);
    if (o->listing)
        g_string_free(o->listing, TRUE);
    g_free(o->implied);
    g_free(o);
}

void opts_list_into(GString *out)
{
    list_into = out;
}

bool opts_listing(void)
{
    return list_into;
}

static void append(struct opts *o, char *key, char *value, char *spelling)
{
    struct opt e = { .key = key, .value = value, .spelling = spelling };
    g_array_append_val(o->list, e);
}

void opts_set(struct opts *o, const char *key, const char *value)
{
    append(o, g_strdup(key), g_strdup(value), NULL);
}

/* -- The comma form -- */

/* The text up to the next single comma, with ",," as one; *p goes on to what follows, NULL at the end. */
static char *next_item(const char **p)
{
    GString *s = g_string_new(NULL);
    const char *c = *p;
    for (; *c; c++) {
        if (*c == ',') {
            if (c[1] != ',')
                break;
            c++;
        }
        g_string_append_c(s, *c);
    }
    *p = *c ? c + 1 : NULL;
    return g_string_free(s, FALSE);
}

static bool parse_commas(struct opts *o, const char *arg, const char *implied_key, GError **err)
{
    for (bool first = true; arg; first = false) {
        /* A key ends at the first '=' before any comma; ",," is an escape only in values. */
        size_t keylen = strcspn(arg, "=,");
        if (arg[keylen] == '=') {
            if (!keylen) {
                fail(err, "'%s': expected a name before '='", arg);
                return false;
            }
            char *key = g_strndup(arg, keylen);
            arg += keylen + 1;
            append(o, key, next_item(&arg), NULL);
        } else if (first && implied_key) {
            append(o, g_strdup(implied_key), next_item(&arg), NULL);
        } else {
            char *item = g_strndup(arg, keylen);
            arg = arg[keylen] ? arg + keylen + 1 : NULL;
            if (!*item) {
                g_free(item);
                if (!arg) /* a trailing comma says nothing */
                    break;
                fail(err, "expected NAME=VALUE, not an empty item between commas");
                return false;
            }
            if (g_str_has_prefix(item, "no") && item[2])
                append(o, g_strdup(item + 2), g_strdup("off"), item);
            else
                append(o, item, g_strdup("on"), NULL);
        }
    }
    return true;
}

/* -- The JSON form -- */

/* Nesting is bounded before the parser, which recurses, sees the text. */
static bool json_depth_ok(const char *s)
{
    unsigned depth = 0;
    bool string = false;
    for (; *s; s++) {
        if (string) {
            if (*s == '\\' && s[1])
                s++;
            else if (*s == '"')
                string = false;
        } else if (*s == '"') {
            string = true;
        } else if (*s == '{' || *s == '[') {
            if (++depth > JSON_MAX_DEPTH)
                return false;
        } else if ((*s == '}' || *s == ']') && depth) {
            depth--;
        }
    }
    return true;
}

static void flatten(struct opts *o, const char *key, JsonNode *node);

static void flatten_member(JsonObject *obj, const char *name, JsonNode *node, gpointer opaque)
{
    gpointer *a = opaque;
    const char *prefix = a[1];
    char *key = prefix ? g_strdup_printf("%s.%s", prefix, name) : g_strdup(name);
    flatten(a[0], key, node);
    g_free(key);
}

static void flatten(struct opts *o, const char *key, JsonNode *node)
{
    gpointer args[2] = { o, (gpointer)key };
    switch (JSON_NODE_TYPE(node)) {
    case JSON_NODE_OBJECT:
        json_object_foreach_member(json_node_get_object(node), flatten_member, args);
        break;
    case JSON_NODE_ARRAY: {
        JsonArray *a = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(a); i++) {
            char *sub = g_strdup_printf("%s.%u", key, i);
            flatten(o, sub, json_array_get_element(a, i));
            g_free(sub);
        }
        break;
    }
    case JSON_NODE_VALUE: {
        GType t = json_node_get_value_type(node);
        char *v;
        if (t == G_TYPE_STRING)
            v = g_strdup(json_node_get_string(node));
        else if (t == G_TYPE_BOOLEAN)
            v = g_strdup(json_node_get_boolean(node) ? "on" : "off");
        else if (t == G_TYPE_INT64)
            v = g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
        else {
            char buf[G_ASCII_DTOSTR_BUF_SIZE];
            v = g_strdup(g_ascii_dtostr(buf, sizeof(buf), json_node_get_double(node)));
        }
        append(o, g_strdup(key), v, NULL);
        break;
    }
    case JSON_NODE_NULL: /* absent, but for QEMU's "backing": null, which says that there is to be none */
        if (!strcmp(key, "backing") || g_str_has_suffix(key, ".backing"))
            append(o, g_strdup(key), g_strdup("null"), NULL);
        break;
    }
}

static bool parse_json(struct opts *o, const char *arg, GError **err)
{
    if (!json_depth_ok(arg)) {
        fail(err, "JSON nested more than %d deep", JSON_MAX_DEPTH);
        return false;
    }
    JsonParser *parser = json_parser_new();
    GError *e = NULL;
    bool ok = json_parser_load_from_data(parser, arg, -1, &e);
    if (!ok) {
        g_strdelimit(e->message, "\n", ' ');
        fail(err, "bad JSON: %s", e->message);
        g_error_free(e);
    } else if (!JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
        fail(err, "expected a JSON object");
        ok = false;
    } else {
        flatten(o, NULL, json_parser_get_root(parser));
    }
    g_object_unref(parser);
    return ok;
}

struct opts *opts_parse(const char *arg, const char *implied_key, GError **err)
{
    struct opts *o = opts_new();
    o->implied = g_strdup(implied_key);
    bool ok = *arg == '{' ? parse_json(o, arg, err) : !*arg || parse_commas(o, arg, implied_key, err);
    if (!ok) {
        opts_free(o);
        return NULL;
    }
    return o;
}

/* -- Consumers -- */

static const char *look_up(const struct opts *o, const char *key, bool use)
{
    const char *value = NULL;
    for (guint i = 0; i < o->list->len; i++) {
        struct opt *e = &g_array_index(o->list, struct opt, i);
        if (!strcmp(e->key, key)) {
            value = e->value;
            e->used |= use;
        } else if (e->spelling && !strcmp(e->spelling, key)) { /* a flag whose name happens to begin with "no" */
            value = "on";
            e->used |= use;
        }
    }
    return value;
}

/* A key that can be given; type and default, which may be NULL, as they are listed. */
static void remember(struct opts *o, const char *key, const char *type, const char *dflt)
{
    for (guint i = 0; i < o->asked->len; i++)
        if (!strcmp(o->asked->pdata[i], key))
            return;
    g_ptr_array_add(o->asked, g_strdup(key));
    if (!o->listing || (!g_strcmp0(key, o->implied) && look_up(o, key, false))) /* for what this is listed */
        return;
    g_autofree char *left = g_strdup_printf("%s=%s", key, type);
    if (dflt)
        g_string_append_printf(o->listing, "  %-30s (default: %s)\n", left, dflt);
    else
        g_string_append_printf(o->listing, "  %s\n", left);
}

const char *opts_take(struct opts *o, const char *key)
{
    remember(o, key, "<str>", NULL);
    return look_up(o, key, true);
}

const char *opts_take_or(struct opts *o, const char *key, const char *dflt)
{
    remember(o, key, "<str>", dflt);
    const char *v = look_up(o, key, true);
    return v ? v : dflt;
}

const char *opts_peek(const struct opts *o, const char *key)
{
    return look_up(o, key, false);
}

void opts_foreach(struct opts *o, bool (*fn)(const char *key, const char *value, void *opaque), void *opaque)
{
    for (guint i = 0; i < o->list->len; i++) {
        struct opt *e = &g_array_index(o->list, struct opt, i);
        if (!fn(e->key, e->value, opaque))
            break;
    }
}

bool opts_take_bool(struct opts *o, const char *key, bool *out, GError **err)
{
    remember(o, key, "<bool>", *out ? "on" : "off");
    const char *v = opts_take(o, key);
    if (!v || parse_bool(v, out))
        return true;
    fail(err, "%s=%s: expected on or off", key, v);
    return false;
}

bool opts_take_uint(struct opts *o, const char *key, uint64_t min, uint64_t max, uint64_t *out, GError **err)
{
    g_autofree char *dflt = g_strdup_printf("%" PRIu64, *out);
    remember(o, key, "<num>", *out >= min && *out <= max ? dflt : NULL);
    const char *v = opts_take(o, key);
    uint64_t n;
    if (!v)
        return true;
    if (!parse_uint(v, &n) || n < min || n > max) {
        fail(err, "%s=%s: expected a number from %" PRIu64 " to %" PRIu64, key, v, min, max);
        return false;
    }
    *out = n;
    return true;
}

bool opts_take_size(struct opts *o, const char *key, uint64_t *out, GError **err)
{
    g_autofree char *dflt = g_strdup_printf("%" PRIu64, *out);
    remember(o, key, "<size>", *out ? dflt : NULL);
    const char *v = opts_take(o, key);
    if (!v || parse_size(v, 'b', out))
        return true;
    fail(err, "%s=%s: expected a size such as 64, 4k, 512M or 1.5G", key, v);
    return false;
}

bool opts_take_enum(struct opts *o, const char *key, const char *const *names, unsigned *out, GError **err)
{
    g_autofree char *choice = g_strjoinv("|", (char **)names);
    remember(o, key, choice, *out < g_strv_length((char **)names) ? names[*out] : NULL);
    const char *v = opts_take(o, key);
    if (!v)
        return true;
    for (unsigned i = 0; names[i]; i++)
        if (!strcmp(names[i], v)) {
            *out = i;
            return true;
        }
    g_autofree char *list = g_strjoinv(", ", (char **)names);
    fail(err, "%s=%s: expected one of: %s", key, v, list);
    return false;
}

#define LETTERS_DIGITS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS

bool opts_id_ok(const struct opts *o, GError **err)
{
    const char *id = opts_peek(o, "id");

    if (!id || (g_ascii_isalpha(*id) && strspn(id, LETTERS_DIGITS "-._") == strlen(id)))
        return true;
    fail(err, "id=%s: expected a letter followed by letters, digits, '-', '.' or '_'", id);
    return false;
}

bool opts_done(struct opts *o, const char *what, GError **err)
{
    if (o->listing) {
        g_string_append_printf(list_into, "%s options:\n%s", what + (*what == '-'), o->listing->str);
        fail(err, "%s: its properties are listed", what);
        return false;
    }
    for (guint i = 0; i < o->list->len; i++) {
        struct opt *e = &g_array_index(o->list, struct opt, i);
        if (e->used)
            continue;
        g_ptr_array_add(o->asked, NULL);
        const char *near = nearest_name(e->key, (const char *const *)o->asked->pdata);
        g_ptr_array_set_size(o->asked, (gint)o->asked->len - 1);
        if (near)
            fail(err, "%s: there is no property '%s'; did you mean '%s'?", what, e->spelling ? e->spelling : e->key,
                 near);
        else
            fail(err, "%s: there is no property '%s'", what, e->spelling ? e->spelling : e->key);
        return false;
    }
    return true;
}

const char *file_error(const GError *e)
{
    const char *colon = strrchr(e->message, ':');
    return colon && colon[1] == ' ' ? colon + 2 : e->message;
}

/* -- Single values -- */

bool parse_bool(const char *s, bool *out)
{
    static const char *const words[] = { "off", "on", "no", "yes", "false", "true", "n", "y" };
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        if (!strcmp(s, words[i])) {
            *out = i & 1;
            return true;
        }
    return false;
}

bool parse_uint(const char *s, uint64_t *out)
{
    if (!g_ascii_isdigit(*s)) /* strtoull would take blanks and signs */
        return false;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(s, &end, 0);
    if (errno || *end)
        return false;
    *out = v;
    return true;
}

static int size_shift(char suffix)
{
    switch (g_ascii_toupper(suffix)) {
    case 'B': return 0;
    case 'K': return 10;
    case 'M': return 20;
    case 'G': return 30;
    case 'T': return 40;
    case 'P': return 50;
    case 'E': return 60;
    default: return -1;
    }
}

bool parse_size(const char *s, char default_suffix, uint64_t *out)
{
    if (!g_ascii_isdigit(*s))
        return false;
    char *end;
    errno = 0;
    unsigned long long whole = strtoull(s, &end, s[0] == '0' && (s[1] | 32) == 'x' ? 16 : 10);
    if (errno)
        return false;
    /* The fraction to 18 digits, so that whole numbers of bytes come out exact. */
    uint64_t num = 0, den = 1;
    if (*end == '.') {
        end++;
        if (!g_ascii_isdigit(*end))
            return false;
        for (; g_ascii_isdigit(*end); end++)
            if (den < UINT64_C(1000000000000000000)) {
                num = num * 10 + (uint64_t)(*end - '0');
                den *= 10;
            }
    }
    int shift = size_shift(*end ? *end : default_suffix);
    if (shift < 0 || (*end && end[1]) || (num && !shift))
        return false;
    unsigned __int128 v = ((unsigned __int128)whole << shift) + (((unsigned __int128)num << shift) / den);
    if (v > UINT64_MAX)
        return false;
    *out = (uint64_t)v;
    return true;
}

/* Edits (insert, delete, replace, swap neighbours) between two short words. */
static unsigned distance(const char *a, const char *b)
{
    enum { MAX = 63 };
    size_t la = strlen(a), lb = strlen(b);
    if (la > MAX || lb > MAX)
        return UINT32_MAX;
    unsigned d[MAX + 1][MAX + 1];
    for (size_t i = 0; i <= la; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= lb; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++)
        for (size_t j = 1; j <= lb; j++) {
            char ca = g_ascii_tolower(a[i - 1]), cb = g_ascii_tolower(b[j - 1]);
            d[i][j] = MIN(MIN(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == g_ascii_tolower(b[j - 2]) && cb == g_ascii_tolower(a[i - 2]))
                d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[la][lb];
}

/* By edits, or the only one of which it is a beginning. */
const char *nearest_name(const char *s, const char *const *names)
{
    enum { BEGINNING = 3 };
    const char *best = NULL, *begun = NULL;
    unsigned nbegun = 0;
    size_t len = strlen(s);
    unsigned limit = len <= 3 ? 1 : len <= 5 ? 2 : 3; /* beyond, a guess annoys more than it helps */
    unsigned least = limit + 1;
    for (; *names; names++) {
        unsigned d = distance(s, *names);
        if (d < least && d < strlen(*names)) {
            least = d;
            best = *names;
        }
        if (len >= BEGINNING && g_str_has_prefix(*names, s)) {
            begun = *names;
            nbegun++;
        }
    }
    return best ? best : nbegun == 1 ? begun : NULL;
}
