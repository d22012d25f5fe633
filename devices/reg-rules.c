/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules for registers: their text, and what they do. */
#include "reg-rules.h"

#include <string.h>

#include "opts.h"

static bool parse_word(const char *text, uint32_t *v)
{
    uint64_t n;

    if (!parse_uint(text, &n) || n > UINT32_MAX)
        return false;
    *v = n;
    return true;
}

/* MASK<<N */
static bool parse_ready(const char *text, struct reg_rule *r)
{
    const char *shift = strstr(text, "<<");
    g_autofree char *mask = shift ? g_strndup(text, shift - text) : NULL;
    uint64_t n;

    if (!shift || !parse_word(mask, &r->ready) || !parse_uint(shift + 2, &n) || n < 1 || n > 31)
        return false;
    r->shift = n;
    return true;
}

static bool parse_item(const char *word, struct reg_rule *r)
{
    const char *value = strchr(word, '=');

    if (!value++)
        return false;
    if (g_str_has_prefix(word, "reset="))
        return parse_word(value, &r->reset);
    if (g_str_has_prefix(word, "mask="))
        return parse_word(value, &r->mask);
    if (g_str_has_prefix(word, "set="))
        return parse_word(value, &r->set);
    return g_str_has_prefix(word, "ready=") && parse_ready(value, r);
}

bool reg_rule_parse(const char *text, bool with_node, struct reg_rule *r, GError **err)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t\r", -1);
    unsigned seen = with_node ? 0 : 1; /* node, offset, items */

    *r = (struct reg_rule){ .mask = UINT32_MAX };
    for (char **w = words; *w; w++) {
        bool ok;
        if (!**w)
            continue;
        if (seen == 0)
            ok = g_strlcpy(r->node, *w, sizeof(r->node)) < sizeof(r->node);
        else if (seen == 1)
            ok = parse_uint(*w, &r->offset) && !(r->offset & 3) && r->offset < UINT32_MAX;
        else
            ok = parse_item(*w, r);
        if (!ok) {
            fail(err, "'%s': expected %s", *w,
                 seen == 0 ? "a node's name" : seen == 1 ? "a multiple of 4"
                                                         : "reset=VALUE, mask=VALUE, set=VALUE or ready=MASK<<N");
            return false;
        }
        seen++;
    }
    if (seen < 2)
        fail(err, "expected %sOFFSET", with_node ? "NODE " : "");
    return seen >= 2;
}

bool reg_rule_is_for(const struct reg_rule *r, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t len = strlen(r->node);

    return !strncmp(name, r->node, len) && (!name[len] || name[len] == '@');
}

uint32_t reg_rule_read(const struct reg_rule *r, uint32_t value)
{
    value |= r->set;
    if (r->shift)
        value = (value & ~(r->ready << r->shift)) | (value & r->ready) << r->shift;
    return value;
}

uint32_t reg_rule_write(const struct reg_rule *r, uint32_t old, uint32_t value)
{
    return (old & ~r->mask) | (value & r->mask);
}
