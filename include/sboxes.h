/* SPDX-License-Identifier: BSD-2-Clause */
/* Substitution tables of block ciphers, for guests' instructions. */
#ifndef MYNAH_SBOXES_H
#define MYNAH_SBOXES_H

#include <stdint.h>

extern const uint8_t aes_sbox[256], aes_inverse_sbox[256]; /* FIPS 197, figures 7 and 14 */
extern const uint8_t sm4_sbox[256];                        /* GB/T 32907-2016 */

#endif
