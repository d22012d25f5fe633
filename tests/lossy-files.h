/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that lose what was not flushed: in a program linked with LOSSY_WRAPS (tests/dir.mk), what a process writes to
 * files is noted in memory that it shares with those it has forked, until it calls fdatasync(). Once it is dead, another
 * can take any part of that back.
 */
#ifndef MYNAH_LOSSY_FILES_H
#define MYNAH_LOSSY_FILES_H

/* From now on, in this process and its children; anew, of no files. */
void lossy_begin(void);
/* The writer is dead: of what it has not flushed, each sector is there or not, by g_test_rand_int(). Ends it. */
void lossy_crash(void);

#endif
