/* SPDX-License-Identifier: BSD-2-Clause */
/* Option arguments: both syntaxes, typed values, messages. */
#include <string.h>

#include "opts.h"

static struct opts *parse(const char *arg, const char *implied)
{
    GError *err = NULL;
    struct opts *o = opts_parse(arg, implied, &err);
    g_assert_no_error(err);
    g_assert_nonnull(o);
    return o;
}

static void rejects(const char *arg)
{
    GError *err = NULL;
    g_assert_null(opts_parse(arg, NULL, &err));
    g_assert_nonnull(err);
    g_assert_null(strchr(err->message, '\n'));
    g_error_free(err);
}

static void commas(void)
{
    struct opts *o = parse("socket,path=/a,,b=c,server,nowait,id=x,id=y,empty=", "backend");
    g_assert_cmpstr(opts_take(o, "backend"), ==, "socket");
    g_assert_cmpstr(opts_take(o, "path"), ==, "/a,b=c");
    g_assert_cmpstr(opts_take(o, "server"), ==, "on");
    g_assert_cmpstr(opts_take(o, "wait"), ==, "off");
    g_assert_cmpstr(opts_take(o, "id"), ==, "y");
    g_assert_cmpstr(opts_take(o, "empty"), ==, "");
    g_assert_null(opts_take(o, "absent"));
    g_assert_true(opts_done(o, "-x", NULL));
    opts_free(o);

    o = parse("type=virt,usb=off", "type");
    g_assert_cmpstr(opts_take(o, "type"), ==, "virt");
    opts_free(o);
    o = parse("a,,b,c=1", "first");
    g_assert_cmpstr(opts_take(o, "first"), ==, "a,b");
    opts_free(o);
    o = parse("node,x=1", NULL); /* asked for by its whole name, a flag is a flag */
    g_assert_cmpstr(opts_take(o, "node"), ==, "on");
    opts_free(o);
    o = parse("x=1,", NULL);
    g_assert_cmpstr(opts_take(o, "x"), ==, "1");
    g_assert_true(opts_done(o, "-x", NULL));
    opts_free(o);
    rejects("=1");
    rejects("a=1,b,,c");
}

static void json(void)
{
    struct opts *o = parse("{\"driver\":\"raw\",\"n\":18,\"on\":true,\"none\":null,"
                           "\"file\":{\"driver\":\"file\",\"l\":[1,{\"k\":\"v\"}]}}", NULL);
    g_assert_cmpstr(opts_take(o, "driver"), ==, "raw");
    g_assert_cmpstr(opts_take(o, "n"), ==, "18");
    g_assert_cmpstr(opts_take(o, "on"), ==, "on");
    g_assert_null(opts_take(o, "none"));
    g_assert_cmpstr(opts_take(o, "file.driver"), ==, "file");
    g_assert_cmpstr(opts_take(o, "file.l.0"), ==, "1");
    g_assert_cmpstr(opts_take(o, "file.l.1.k"), ==, "v");
    g_assert_true(opts_done(o, "-x", NULL));
    opts_free(o);
    rejects("{");
    rejects("{\"a\":}");

    GString *deep = g_string_new("{\"a\":");
    for (int i = 0; i < 100000; i++)
        g_string_append_c(deep, '[');
    rejects(deep->str);
    g_string_free(deep, TRUE);
}

static void typed(void)
{
    struct opts *o = parse("b=yes,n=0x20,s=1.5G,e=two,bad=maybe,big=99", NULL);
    static const char *const names[] = { "one", "two", NULL };
    bool b = false;
    uint64_t n = 0;
    unsigned e = 9;
    GError *err = NULL;
    g_assert_true(opts_take_bool(o, "b", &b, NULL) && b);
    g_assert_true(opts_take_uint(o, "n", 0, 32, &n, NULL));
    g_assert_cmpuint(n, ==, 32);
    g_assert_true(opts_take_size(o, "s", &n, NULL));
    g_assert_cmpuint(n, ==, 3 * GiB / 2);
    g_assert_true(opts_take_enum(o, "e", names, &e, NULL));
    g_assert_cmpuint(e, ==, 1);
    g_assert_true(opts_take_uint(o, "absent", 0, 1, &n, NULL));

    g_assert_false(opts_take_bool(o, "bad", &b, &err));
    g_assert_cmpstr(err->message, ==, "bad=maybe: expected on or off");
    g_clear_error(&err);
    g_assert_false(opts_take_uint(o, "big", 1, 98, &n, &err));
    g_assert_cmpstr(err->message, ==, "big=99: expected a number from 1 to 98");
    g_clear_error(&err);
    g_assert_false(opts_take_enum(o, "bad", names, &e, &err));
    g_assert_cmpstr(err->message, ==, "bad=maybe: expected one of: one, two");
    g_clear_error(&err);
    g_assert_false(opts_take_size(o, "bad", &n, &err));
    g_clear_error(&err);
    opts_free(o);
}

static void leftovers(void)
{
    GError *err = NULL;
    struct opts *o = parse("signl=on", NULL);
    opts_take(o, "signal");
    opts_take(o, "mux");
    g_assert_false(opts_done(o, "stdio", &err));
    g_assert_cmpstr(err->message, ==, "stdio: there is no property 'signl'; did you mean 'signal'?");
    g_clear_error(&err);
    opts_free(o);

    o = parse("nonsense", NULL);
    g_assert_false(opts_done(o, "stdio", &err));
    g_assert_cmpstr(err->message, ==, "stdio: there is no property 'nonsense'");
    g_clear_error(&err);
    opts_free(o);
}

static void numbers(void)
{
    static const struct {
        const char *text;
        bool ok;
        uint64_t value;
    } uints[] = {
        { "0", true, 0 }, { "18446744073709551615", true, UINT64_MAX }, { "18446744073709551616", false, 0 },
        { "010", true, 8 }, { "0xff", true, 255 }, { "-1", false, 0 }, { "+1", false, 0 }, { " 1", false, 0 },
        { "1 ", false, 0 }, { "", false, 0 }, { "0x", false, 0 }, { "1k", false, 0 },
    }, sizes[] = {
        { "1", true, MiB }, { "1b", true, 1 }, { "4k", true, 4096 }, { "2G", true, 2 * GiB }, { "0.5k", true, 512 },
        { "1.5", true, 3 * MiB / 2 }, { "16E", false, 0 }, { "15E", true, UINT64_C(15) << 60 }, { "17179869184G", false, 0 },
        { "1.5b", false, 0 }, { "1kk", false, 0 }, { "k", false, 0 }, { "-1", false, 0 }, { "1.", false, 0 },
        { "0x10", true, 16 * MiB }, { "1q", false, 0 }, { "", false, 0 },
    };
    uint64_t v;
    for (unsigned i = 0; i < ARRAY_SIZE(uints); i++) {
        g_test_message("uint '%s'", uints[i].text);
        bool ok = parse_uint(uints[i].text, &v);
        g_assert_cmpint(ok, ==, uints[i].ok);
        if (ok)
            g_assert_cmpuint(v, ==, uints[i].value);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        g_test_message("size '%s'", sizes[i].text);
        bool ok = parse_size(sizes[i].text, 'M', &v);
        g_assert_cmpint(ok, ==, sizes[i].ok);
        if (ok)
            g_assert_cmpuint(v, ==, sizes[i].value);
    }
}

static void nearest(void)
{
    static const char *const names[] = { "stdio", "socket", "null", "pty", NULL };
    g_assert_cmpstr(nearest_name("stido", names), ==, "stdio");
    g_assert_cmpstr(nearest_name("sokcet", names), ==, "socket");
    g_assert_cmpstr(nearest_name("NULL", names), ==, "null");
    g_assert_null(nearest_name("completely-different", names));
    g_assert_null(nearest_name("", names));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/opts/commas", commas);
    g_test_add_func("/opts/json", json);
    g_test_add_func("/opts/typed", typed);
    g_test_add_func("/opts/leftovers", leftovers);
    g_test_add_func("/opts/numbers", numbers);
    g_test_add_func("/opts/nearest", nearest);
    return g_test_run();
}
