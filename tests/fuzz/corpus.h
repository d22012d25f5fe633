/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Saved inputs: tests/fuzz/corpus/NAME (in the source folder, SRCDIR in the environment) holds a text file for each. In
 * it are bytes in hexadecimal, strings in double quotes (with \\ before " and \\), and comments from # to the end of
 * the line; "@N" repeats the byte before it up to offset N of the input.
 */
#ifndef MYNAH_FUZZ_CORPUS_H
#define MYNAH_FUZZ_CORPUS_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

/* The paths of the target's saved inputs in order. */
GPtrArray *corpus_list(void);
/* One of them; or binary, as libFuzzer writes it. The program ends if it can't be read. */
GByteArray *corpus_read(const char *path, bool binary);
/* Print as a saved input looks. */
void corpus_print(FILE *to, const GByteArray *a);
/*
 * Where the command line is one of these, do it and exit:
 *   --export FOLDER   write the saved inputs there in binary, as libFuzzer reads them
 *   --hex FILE        print a binary input as a saved one looks
 */
void corpus_command(int argc, char **argv);

#endif
