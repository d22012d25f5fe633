/* SPDX-License-Identifier: BSD-2-Clause */
/* SPCR and DBG2: the serial port that is the console, and the debugger's. Manuals: Microsoft's, of these names. */
#include <string.h>

#include "machine.h"
#include "nodes.h"
#include "parts.h"

enum { PORT_PL011 = 3, PORT_16550 = 0x12 };     /* kinds of ports */
enum { ACCESS_BYTE = 1, ACCESS_DWORD = 3 };
enum { INTERRUPT_GIC = 8, INTERRUPT_RISCV = 16 };
enum { BAUD_9600 = 3, BAUD_115200 = 7 };
#define DBG2_SERIAL 0x8000
#define DEVICE "COM0" /* its name in the DSDT */

void acpi_spcr(struct acpi *a)
{
    bool arm = acpi_is_arm(a);
    struct acpi_node uart;
    GByteArray *b = a->tables;

    if (!acpi_node(a, arm ? "arm,pl011" : "ns16550a", &uart))
        return;
    acpi_begin(a, "SPCR", arm ? 2 : 4);
    acpi_u8(b, arm ? PORT_PL011 : PORT_16550);
    acpi_zeros(b, 3);
    acpi_address(b, 32, arm ? ACCESS_DWORD : ACCESS_BYTE, uart.base);
    acpi_u8(b, arm ? INTERRUPT_GIC : INTERRUPT_RISCV);
    acpi_u8(b, 0); /* PIC's interrupt */
    acpi_u32(b, uart.gsi);
    acpi_u8(b, arm ? BAUD_9600 : BAUD_115200);
    acpi_u8(b, 0); /* parity */
    acpi_u8(b, 1); /* stop bits */
    acpi_u8(b, arm ? 2 : 0); /* flow control: by RTS and CTS */
    acpi_u8(b, arm ? 0 : 3); /* terminal: VT100, ANSI */
    acpi_u8(b, 0); /* language */
    acpi_u16(b, 0xffff); /* not on PCI: device, */
    acpi_u16(b, 0xffff); /* vendor, */
    acpi_zeros(b, 3);    /* bus, device, function, */
    acpi_u32(b, 0);      /* flags, */
    acpi_u8(b, 0);       /* segment */
    acpi_u32(b, 0); /* clock; precise baud rate, name space string below */
    if (!arm) {
        acpi_u32(b, 0);
        acpi_u16(b, 2); /* "." */
        acpi_u16(b, 88);
        acpi_bytes(b, ".", 2);
    }
    acpi_end(a, true);
}

void acpi_dbg2(struct acpi *a)
{
    struct acpi_node uart;
    GByteArray *b = a->tables;
    unsigned length = 38 + sizeof(DEVICE);

    if (!acpi_node(a, "arm,pl011", &uart))
        return;
    acpi_begin(a, "DBG2", 0);
    acpi_u32(b, 44); /* where the devices' structures are, */
    acpi_u32(b, 1);  /* how many */
    acpi_u8(b, 0);   /* revision */
    acpi_u16(b, length);
    acpi_u8(b, 1); /* registers' ranges */
    acpi_u16(b, sizeof(DEVICE));
    acpi_u16(b, 38); /* where its name is, */
    acpi_u16(b, 0);  /* vendor's data: none */
    acpi_u16(b, 0);
    acpi_u16(b, DBG2_SERIAL);
    acpi_u16(b, PORT_PL011);
    acpi_u16(b, 0);
    acpi_u16(b, 22); /* where the address is, */
    acpi_u16(b, 34); /* where its size */
    acpi_address(b, 32, ACCESS_DWORD, uart.base);
    acpi_u32(b, uart.size);
    acpi_bytes(b, DEVICE, sizeof(DEVICE));
    acpi_end(a, true);
}
