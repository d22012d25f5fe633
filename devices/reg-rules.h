/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for a register of hardware that is not modelled. A rule in text, one line:
 *
 *   [NODE] OFFSET [reset=VALUE] [mask=VALUE] [set=VALUE] [ready=MASK<<N]
 *
 * NODE    the device's node, with its address or without: "rcc@40023800", "rcc"
 * OFFSET  of the register, a word, from the start of the region
 * reset   its value after a reset; 0 if it is not said
 * mask    the bits that a write changes; all
 * set     bits that read as 1 whatever was written
 * ready   bits that others follow: those of MASK read N bits higher as well, as ready bits follow enable bits
 */
#ifndef MYNAH_DEVICES_REG_RULES_H
#define MYNAH_DEVICES_REG_RULES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct reg_rule {
    char node[64]; /* "": any */
    uint64_t offset;
    uint32_t reset, mask, set, ready;
    uint8_t shift;
};

/* with_node: the text begins with one. False with a message that names the word that is wrong. */
bool reg_rule_parse(const char *text, bool with_node, struct reg_rule *r, GError **err);
/* The rule's node is the last part of that path. */
bool reg_rule_is_for(const struct reg_rule *r, const char *path);
/* What the register reads as; what it becomes by a write. */
uint32_t reg_rule_read(const struct reg_rule *r, uint32_t value);
uint32_t reg_rule_write(const struct reg_rule *r, uint32_t old, uint32_t value);

#endif
