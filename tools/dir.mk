# SPDX-License-Identifier: BSD-2-Clause
# Makes the decoders of the frontends from their tables.
tools/decodegen: $(srcdir)/tools/decodegen.c
	@mkdir -p $(@D)
	$(CC_FOR_BUILD) -std=gnu11 -Wall -Wextra $(CFLAGS_FOR_BUILD) -o $@ $<
CLEAN += tools/decodegen
