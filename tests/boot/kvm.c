/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm KERNEL TREE INITRD CPUS GIC BITS: a virtual machine by /dev/kvm of 64-bit ARM, for a guest that is a host. It has
 * 192 MiB at 0x80000000, an interrupt controller of version GIC, a 16550's transmitter as SPI 1 at 0x9000000, PSCI by
 * HVC. With BITS 32 the kernel is a zImage. It ends when the guest powers off.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define RAM 0x80000000ul
#define RAM_SIZE (192ul << 20)
#define TREE 0x7000000ul /* from the memory's start, as the others */
#define INITRD 0x8000000ul
#define ZIMAGE 0x10000ul
#define UART 0x9000000ul
#define UART_SPI (32 + 1)
#define DIST 0x8000000ul
#define CPU_INTERFACE 0x8010000ul /* GICv2 */
#define REDIST 0x80a0000ul        /* GICv3 */
enum { THR = 0, IER = 1, IIR = 2, LSR = 5, IER_THRI = 2, IIR_NONE = 1, LSR_EMPTY = 0x60, MAX_CPUS = 8 };

static int kvm, vm, vcpus[MAX_CPUS];
static uint8_t *memory, ier;
static pthread_mutex_t uart_lock = PTHREAD_MUTEX_INITIALIZER;

static long must(long result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
    return result;
}

static void load(const char *path, unsigned long at)
{
    int fd = must(open(path, O_RDONLY), path);
    ssize_t n;
    while ((n = read(fd, memory + at, RAM_SIZE - at)) > 0)
        at += n;
    close(fd);
}

static void set_register(int vcpu, size_t offset, uint64_t value)
{
    struct kvm_one_reg reg = {
        .id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | offset / 4,
        .addr = (uintptr_t)&value,
    };
    must(ioctl(vcpu, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}
#define SET(vcpu, member, value) set_register(vcpu, offsetof(struct kvm_regs, member), value)

static void set_attribute(int device, uint32_t group, uint64_t attr, uint64_t value)
{
    struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (uintptr_t)&value };
    must(ioctl(device, KVM_SET_DEVICE_ATTR, &a), "KVM_SET_DEVICE_ATTR");
}

/* What is written is gone at once, so that there is an interrupt while it is asked for. */
static void uart(unsigned reg, bool write, uint8_t *data)
{
    pthread_mutex_lock(&uart_lock);
    if (write && reg == THR)
        must(fwrite(data, 1, 1, stdout), "write");
    if (write && reg == IER) {
        ier = data[0];
        struct kvm_irq_level line = { .irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | UART_SPI,
                                      .level = !!(ier & IER_THRI) };
        must(ioctl(vm, KVM_IRQ_LINE, &line), "KVM_IRQ_LINE");
    }
    if (!write)
        data[0] = reg == LSR ? LSR_EMPTY : reg == IER ? ier : reg == IIR ? (ier & IER_THRI ? IER_THRI : IIR_NONE) : 0;
    pthread_mutex_unlock(&uart_lock);
}

static void *run(void *arg)
{
    int vcpu = *(int *)arg;
    struct kvm_run *r = mmap(NULL, must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE"),
                             PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    for (;;) {
        must(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
        if (r->exit_reason == KVM_EXIT_MMIO && r->mmio.phys_addr - UART < 8) {
            uart(r->mmio.phys_addr - UART, r->mmio.is_write, r->mmio.data);
            continue;
        }
        bool off = r->exit_reason == KVM_EXIT_SYSTEM_EVENT && r->system_event.type == KVM_SYSTEM_EVENT_SHUTDOWN;
        printf(off ? "VIRTUAL-POWER-OFF\n" : "kvm: exit %u\n", r->exit_reason);
        exit(!off);
    }
}

static void make_gic(bool v2)
{
    struct kvm_create_device gic = { .type = v2 ? KVM_DEV_TYPE_ARM_VGIC_V2 : KVM_DEV_TYPE_ARM_VGIC_V3 };
    must(ioctl(vm, KVM_CREATE_DEVICE, &gic), "KVM_CREATE_DEVICE");
    if (v2) {
        set_attribute(gic.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_DIST, DIST);
        set_attribute(gic.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_CPU, CPU_INTERFACE);
    } else {
        set_attribute(gic.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, DIST);
        set_attribute(gic.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, REDIST);
    }
    set_attribute(gic.fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, 64);
    set_attribute(gic.fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, 0);
}

static void make_cpu(int n, bool a32)
{
    struct kvm_vcpu_init init;
    must(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init), "KVM_ARM_PREFERRED_TARGET");
    init.features[0] = 1u << KVM_ARM_VCPU_PSCI_0_2 | (n > 0) << KVM_ARM_VCPU_POWER_OFF | a32 << KVM_ARM_VCPU_EL1_32BIT;
    vcpus[n] = must(ioctl(vm, KVM_CREATE_VCPU, n), "KVM_CREATE_VCPU");
    must(ioctl(vcpus[n], KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: kvm KERNEL TREE INITRD CPUS GIC BITS\n");
        return 2;
    }
    int ncpus = atoi(argv[4]);
    bool a32 = !strcmp(argv[6], "32");
    setvbuf(stdout, NULL, _IONBF, 0);
    kvm = must(open("/dev/kvm", O_RDWR), "/dev/kvm");
    vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    memory = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct kvm_userspace_memory_region ram = { .memory_size = RAM_SIZE, .guest_phys_addr = RAM,
                                               .userspace_addr = (uintptr_t)memory };
    must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &ram), "KVM_SET_USER_MEMORY_REGION");
    load(argv[1], a32 ? ZIMAGE : 0);
    load(argv[2], TREE);
    load(argv[3], INITRD);
    for (int i = 0; i < ncpus && i < MAX_CPUS; i++)
        make_cpu(i, a32);
    make_gic(!strcmp(argv[5], "2"));
    SET(vcpus[0], regs.pc, RAM + (a32 ? ZIMAGE : 0));
    SET(vcpus[0], regs.regs[0], a32 ? 0 : RAM + TREE);
    SET(vcpus[0], regs.regs[1], a32 ? UINT32_MAX : 0);
    SET(vcpus[0], regs.regs[2], a32 ? RAM + TREE : 0);
    for (int i = 1; i < ncpus && i < MAX_CPUS; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, run, &vcpus[i]);
    }
    run(&vcpus[0]);
}
