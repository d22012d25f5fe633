/* SPDX-License-Identifier: BSD-2-Clause */
/* mynah-img, the program for disk images: its commands, and what they share. */
#ifndef MYNAH_IMG_H
#define MYNAH_IMG_H

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block/format.h"

/* A command gets the words behind its name as argv[1] on, and returns the program's status. */
typedef int img_command(int argc, char **argv);
img_command img_create, img_info, img_check, img_convert, img_resize, img_rebase, img_commit, img_map, img_compare,
    img_measure, img_snapshot, img_dd, img_bench;

/* What most commands take; each command's own letters are its switch's. */
struct img_common {
    const char *command, *format, *cache;
    bool json, quiet, progress, force_share;
};
/*
 * The next option, as getopt_long() has it, with the common ones (-f, -q, -p, -U, -t, -T, --output) taken into c: its
 * letter, -1 at the end. Ends the program for --help and for what it does not know. own: further letters, as for
 * getopt; names: their long names.
 */
int img_option(struct img_common *c, int argc, char **argv, const char *own, const struct option *names);

/* Say what is wrong, and return the status for it, 1. */
int img_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same with an error, which is freed, "Could not open 'FILE': " before it. */
int img_fail_open(const char *file, GError *err);
/* The arguments are not enough. */
int img_usage(const struct img_common *c, const char *what);

/* Open an image; NULL after a message. backing: with its chain. */
struct block *img_open(const struct img_common *c, const char *file, const char *format, bool write, bool backing);
/* Write what is not written and close. Status, with a message. */
int img_close(struct block *b);

/* A size with a suffix, of bytes without one. False after a message. */
bool img_size(const char *s, uint64_t *out);
/* "10 MiB": to be freed. */
char *img_size_text(uint64_t bytes);
/* -o: options of a new image of a format, all taken. False after a message. */
bool img_create_options(const char *format, const char *text, struct block_create *c);
/* Create an image by name, with what c says. Status, with a message. */
int img_make(const char *file, const char *format, const struct block_create *c);

/* -p: "(12.34/100%)" on stdout, over itself. */
struct img_progress {
    bool shown;
    uint64_t total, done;
};
void img_progress_start(struct img_progress *p, const struct img_common *c, uint64_t total);
void img_progress_add(struct img_progress *p, uint64_t bytes);
void img_progress_end(struct img_progress *p);

/* -- JSON, as scripts read it -- */

struct img_json {
    GString *out;
    unsigned depth;
    bool first;
};
void json_begin(struct img_json *j, const char *key, char bracket); /* key NULL: within an array, or the outermost */
void json_end(struct img_json *j, char bracket);
void json_string(struct img_json *j, const char *key, const char *value);
void json_number(struct img_json *j, const char *key, uint64_t value);
void json_bool(struct img_json *j, const char *key, bool value);
/* Print it. */
void json_print(struct img_json *j);

#endif
