/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI: an interrupt as a message whose address and data are in the configuration space. Manual: "PCI Local Bus
 * Specification" 3.0, section 6.8.1. One message, of 64-bit address; it can't be masked by itself.
 */
#include "pci.h"

#include <inttypes.h>

#define CAP_BYTES 14
enum { CAP_CONTROL = 2, CAP_ADDRESS = 4, CAP_UPPER = 8, CAP_DATA = 12 };
enum { CONTROL_ENABLE = 0x01, CONTROL_64_BIT = 0x80 };

void pci_msi_init(struct pci_function *f)
{
    uint8_t *c, *w;

    f->msi = pci_add_capability(f, PCI_CAP_MSI, CAP_BYTES);
    c = f->config + f->msi;
    w = f->writable + f->msi;
    c[CAP_CONTROL] = CONTROL_64_BIT;
    w[CAP_CONTROL] = CONTROL_ENABLE | 0x70; /* how many messages: whatever is asked for, one is sent */
    pci_put32(w + CAP_ADDRESS, ~UINT32_C(3));
    pci_put32(w + CAP_UPPER, UINT32_MAX);
    pci_put16(w + CAP_DATA, UINT16_MAX);
}

static bool enabled(const struct pci_function *f)
{
    return f->msi && (f->config[f->msi + CAP_CONTROL] & CONTROL_ENABLE);
}

bool pci_msi_enabled(struct pci_function *f)
{
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&f->irq_lock);
    bool on = enabled(f);
    g_mutex_unlock(&f->irq_lock);
    lock_order_leave(LOCK_CONTROLLER);
    return on;
}

void pci_msi_notify(struct pci_function *f)
{
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&f->irq_lock);
    if (enabled(f)) {
        gpa addr = pci_get32(f, f->msi + CAP_ADDRESS) | (uint64_t)pci_get32(f, f->msi + CAP_UPPER) << 32;
        if (!pci_message(f, addr, pci_get16(f, f->msi + CAP_DATA)))
            device_guest_error(f->dev, "MSI: nothing takes messages at 0x%" PRIx64, addr);
    }
    g_mutex_unlock(&f->irq_lock);
    lock_order_leave(LOCK_CONTROLLER);
}

void pci_interrupt(struct pci_function *f, bool level)
{
    bool messages = pci_msi_enabled(f);

    pci_set_intx(f, level && !messages);
    if (level && messages)
        pci_msi_notify(f);
}
