/* SPDX-License-Identifier: BSD-2-Clause */
/* riscv64-virt with devices on its PCI bus, for tests that are their driver: no CPU runs. */
#ifndef MYNAH_PCI_RIG_H
#define MYNAH_PCI_RIG_H

#include "devices/pci/pci.h"
#include "machine.h"

#define PCI_RIG_RAM UINT64_C(0x80000000)
#define PCI_RIG_RAM_SIZE (16 * MiB)

extern struct machine *pci_rig;

void pci_rig_open(void);
/* Also removes the disks. */
void pci_rig_close(void);
/* A disk of so many bytes, drive "d" or another; the text (NULL: zeros) is at its sector 7. After pci_rig_open(). */
void pci_rig_disk(const char *id, uint64_t bytes, const char *text);
/* -device; the message, "" if there is none. */
void pci_rig_add(const char *arg, const char *error);
/* The guest's accesses, which must succeed. */
uint64_t rd(gpa addr, unsigned size);
void wr(gpa addr, unsigned size, uint64_t v);
/* A register of the configuration space of device n of the bus. */
gpa pci_rig_config(unsigned n, unsigned offset);
/* Give device n its BAR, of memory, and have it answer and reach memory: where the BAR is. */
gpa pci_rig_enable(unsigned n, unsigned bar);
/* Wait until what is read there, with this mask, is value: for what workers do. */
void pci_rig_await(gpa addr, unsigned size, uint64_t mask, uint64_t value);
/* Save the machine's state in a file, change it by fn(), and load it again. */
void pci_rig_resume(void (*fn)(void));

#endif
