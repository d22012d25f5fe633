/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Option arguments: "value,key=value,flag" or a JSON object, as QEMU's users write them. A consumer
 * takes the keys it knows and then asks that none is left, so that every typing error is named.
 */
#ifndef MYNAH_OPTS_H
#define MYNAH_OPTS_H

#include <glib.h>

#include "types.h"

#define MYNAH_ERROR (g_quark_from_static_string("mynah"))
/* Set *err with a printf format: the one way to report a failure with text. */
#define fail(err, ...) g_set_error(err, MYNAH_ERROR, 0, __VA_ARGS__)

/* The cause in an error of GLib's file functions, whose message is "Failed to ... FILE: CAUSE". */
const char *file_error(const GError *e);

struct opts;

/*
 * Parse. A first item without '=' is the value of implied_key (if not NULL); later ones without are
 * "on" (and "noFLAG" is "off"). ",," is a comma in a value. A leading '{' is JSON: nested objects
 * become dotted keys, arrays numbered ones ("a.0"). Keep with opts_free().
 */
struct opts *opts_parse(const char *arg, const char *implied_key, GError **err);
struct opts *opts_new(void);
void opts_set(struct opts *o, const char *key, const char *value);
void opts_free(struct opts *o);

/* The value of a key (the last, if given twice), and mark it used; NULL if absent. Borrowed. */
const char *opts_take(struct opts *o, const char *key);
/* The same with the value where it is absent. */
const char *opts_take_or(struct opts *o, const char *key, const char *dflt);
/* As opts_take() without marking it. */
const char *opts_peek(const struct opts *o, const char *key);
/* All keys in order: fn returns false to stop. Each visited key counts as used if fn marks it with opts_take(). */
void opts_foreach(struct opts *o, bool (*fn)(const char *key, const char *value, void *opaque), void *opaque);
/*
 * Typed: *out is the default, which an absent key leaves alone; that is true. A bad value is false with a message that
 * names key, value and what is expected.
 */
bool opts_take_bool(struct opts *o, const char *key, bool *out, GError **err);
bool opts_take_uint(struct opts *o, const char *key, uint64_t min, uint64_t max, uint64_t *out, GError **err);
bool opts_take_size(struct opts *o, const char *key, uint64_t *out, GError **err); /* 64, 4k, 1.5G ...: bytes */
bool opts_take_enum(struct opts *o, const char *key, const char *const *names, unsigned *out, GError **err);
/*
 * True if id=, where it is given, is by QEMU's rule for names that other options refer to; else false with a message.
 */
bool opts_id_ok(const struct opts *o, GError **err);
/*
 * True if every key was taken; else false naming the first that was not, what (the option) and the nearest of the keys
 * asked for.
 */
bool opts_done(struct opts *o, const char *what, GError **err);

/*
 * While out is not NULL nothing is carried out: of options made now opts_done() appends to out which keys it was asked
 * for, with their types and defaults, and fails. So a consumer takes all its keys before it acts on one. Main thread.
 */
void opts_list_into(GString *out);
/* True while opts_list_into() has somewhere to list into. */
bool opts_listing(void);

/* Parsers of single values, with the same messages. */
bool parse_bool(const char *s, bool *out);                      /* on/off, yes/no, true/false, y/n */
bool parse_uint(const char *s, uint64_t *out);                  /* decimal, 0x, 0 octal; whole string */
/* b k M G T P, fractions; default_suffix is that of a number without one. */
bool parse_size(const char *s, char default_suffix, uint64_t *out);
/*
 * The nearest of the NULL-terminated names to s (edit distance, or the only one that s begins), or NULL if none is
 * close.
 */
const char *nearest_name(const char *s, const char *const *names);

#endif
