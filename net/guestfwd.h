/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports of the guest's network that lead to the host. Private to this folder; main loop only. */
#ifndef MYNAH_NET_GUESTFWD_H
#define MYNAH_NET_GUESTFWD_H

#include <glib.h>
#include <slirp/libslirp.h>

struct guestfwd;

/* guestfwd=SPEC on this network. NULL with a message. Freed after slirp_cleanup(). */
struct guestfwd *guestfwd_new(Slirp *slirp, const char *spec, GError **err);
void guestfwd_free(void *g);
/* The network is another now. */
void guestfwd_renew(struct guestfwd *g, Slirp *slirp);
/* slirp may have room for the guest again. */
void guestfwd_ready(struct guestfwd *g);

#endif
