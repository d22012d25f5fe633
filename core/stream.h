/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of a snapshot: a head in clear, a body compressed by zstd, a tail with a checksum of it all.
 *
 *   8 bytes  "mynahsn\n"
 *   4        version of this form
 *   4        length of the head's text
 *   ...      the text
 *   ...      the body: one zstd frame with a checksum of its own
 *   8        "mynahend"
 *   8        length of the file
 *   8        XXH64 of everything before it
 */
#ifndef MYNAH_STREAM_H
#define MYNAH_STREAM_H

#include <glib.h>

#include "types.h"

#define STREAM_VERSION 1

/* -- Writing -- */

struct stream_writer;
/* Begin a file that takes path's place at the end, where there is none or a regular one. NULL with a message. */
struct stream_writer *stream_create(const char *path, const char *head, GError **err);
/* Add to the body. Failures are told by stream_finish(). */
void stream_write(struct stream_writer *w, const void *data, size_t len);
/* The end; ok false: give it up. Frees w. False with a message, also where it was given up: path is as it was. */
bool stream_finish(struct stream_writer *w, bool ok, GError **err);

/* -- Reading -- */

struct stream_reader;
/* Open, and read the head (stream_head()). NULL with a message. */
struct stream_reader *stream_open(const char *path, GError **err);
const char *stream_head(const struct stream_reader *r);
uint64_t stream_bytes(const struct stream_reader *r);
/* Check the file's length and checksum. False with a message. */
bool stream_verify(struct stream_reader *r, GError **err);
/* Go (back) to the body's beginning. */
void stream_rewind(struct stream_reader *r);
/* The next len bytes of the body. False with a message: it ends before, or it is damaged. */
bool stream_read(struct stream_reader *r, void *data, size_t len, GError **err);
/* True if the body has ended just here, with its own checksum right. Else false with a message. */
bool stream_at_end(struct stream_reader *r, GError **err);
void stream_close(struct stream_reader *r);

#endif
