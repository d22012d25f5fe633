/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-input: what devices say of themselves, events in whole batches, who gets them. */
#include <linux/input-event-codes.h>
#include <string.h>

#include "hid.h"
#include "tests/virtio-rig.h"

extern const struct device_type virtio_keyboard_device_type, virtio_mouse_device_type, virtio_tablet_device_type;

static struct virtio_rig f;
static struct drv events, status;

static void open_input(const struct device_type *t)
{
    virtio_rig_init(&f, false);
    struct device *d = virtio_rig_device(&f, t, f.mmio);
    virtio_rig_set(d, "serial", "s1");
    virtio_rig_plug(&f, d);
    uint64_t features = negotiate(&f, VIRTIO_BIT(VIRTIO_F_VERSION_1));
    drv_setup(&events, &f, 0, 16, features);
    drv_setup(&status, &f, 1, 16, features);
    driver_ok(&f);
}

static uint8_t config(unsigned offset)
{
    uint64_t v = 0;

    bus_read(f.machine.as, MMIO_BASE + 0x100 + offset, 1, &v);
    return v;
}

/* The answer's size. */
static uint8_t ask(uint8_t select, uint8_t sub)
{
    bus_write(f.machine.as, MMIO_BASE + 0x100, 1, select);
    bus_write(f.machine.as, MMIO_BASE + 0x101, 1, sub);
    return config(2);
}

static bool has_bit(unsigned bit)
{
    return config(8 + bit / 8) >> (bit % 8) & 1;
}

static void offer(unsigned n)
{
    while (n--) {
        struct seg s = { guest_alloc(&f, 8, 8), 8, true };
        drv_add(&events, &s, 1);
    }
    drv_kick(&events);
}

/* The next event is this one. The ring's descriptors are in the order of the offers. */
static void expect(gpa *at, unsigned type, unsigned code, int value)
{
    uint16_t id;
    uint32_t len;

    g_assert_true(drv_used(&events, &id, &len));
    g_assert_cmpuint(len, ==, 8);
    g_assert_cmpuint(get16(&f, *at), ==, type);
    g_assert_cmpuint(get16(&f, *at + 2), ==, code);
    g_assert_cmpint((int32_t)get32(&f, *at + 4), ==, value);
    *at += 8;
}

static void test_answers(void)
{
    open_input(&virtio_keyboard_device_type);
    g_assert_cmpuint(ask(1, 0), ==, strlen("QEMU Virtio Keyboard"));
    g_assert_cmpint(config(8), ==, 'Q');
    g_assert_cmpuint(ask(2, 0), ==, 2);
    g_assert_cmpuint(ask(3, 0), ==, 8);
    g_assert_cmpuint(config(8), ==, 6);
    g_assert_cmpuint(ask(0x11, EV_KEY), ==, KEY_MICMUTE / 8 + 1);
    g_assert_true(has_bit(KEY_A) && !has_bit(0));
    g_assert_cmpuint(ask(0x11, EV_ABS), ==, 0);
    g_assert_cmpuint(ask(0x12, 0), ==, 0);
    g_assert_cmpuint(ask(1, 1), ==, 0);
    g_assert_cmpuint(ask(0xff, 0xff), ==, 0);
    for (unsigned i = 2; i < 136; i++) /* answers are not the guest's to write */
        bus_write(f.machine.as, MMIO_BASE + 0x100 + i, 1, 0xff);
    g_assert_cmpuint(config(2), ==, 0);
    virtio_rig_unrealize(f.dev);
    open_input(&virtio_tablet_device_type);
    g_assert_cmpuint(ask(0x12, ABS_Y), ==, 20);
    g_assert_cmpuint(config(12) | config(13) << 8, ==, 0x7fff);
    g_assert_cmpuint(ask(0x11, EV_REL), ==, 2);
    g_assert_false(has_bit(REL_X));
    virtio_rig_unrealize(f.dev);
}

static void test_batches(void)
{
    open_input(&virtio_mouse_device_type);
    gpa at = (f.heap + 7) & ~(gpa)7;
    offer(5);
    hid_send(HID_MOVE_X, 0, 3);
    hid_send(HID_MOVE_Y, 0, -4);
    hid_send(HID_SYNC, 0, 0);
    expect(&at, EV_REL, REL_X, 3);
    expect(&at, EV_REL, REL_Y, -4);
    expect(&at, EV_SYN, SYN_REPORT, 0);
    hid_send(HID_BUTTON, BTN_LEFT, 1); /* three that belong together, room for two: none comes */
    hid_send(HID_WHEEL, 0, 1);
    hid_send(HID_SYNC, 0, 0);
    hid_send(HID_BUTTON, BTN_LEFT, 0);
    hid_send(HID_SYNC, 0, 0);
    expect(&at, EV_KEY, BTN_LEFT, 0);
    expect(&at, EV_SYN, SYN_REPORT, 0);
    offer(10);
    for (unsigned i = 0; i < 200; i++) /* more than any batch */
        hid_send(HID_MOVE_X, 0, 1);
    hid_send(HID_SYNC, 0, 0);
    uint16_t id;
    uint32_t len;
    g_assert_false(drv_used(&events, &id, &len));
    struct seg s = { guest_alloc(&f, 8, 8), 8, false };
    uint16_t want = drv_add(&status, &s, 1);
    drv_kick(&status);
    g_assert_cmpuint(drv_wait(&status, want), ==, 0);
    virtio_rig_unrealize(f.dev);
}

static void test_keys(void)
{
    g_assert_false(hid_send(HID_KEY, KEY_A, 1)); /* nobody is there */
    g_assert_cmpuint(hid_key_code("a"), ==, KEY_A);
    g_assert_cmpuint(hid_key_code("none"), ==, 0);
    open_input(&virtio_keyboard_device_type);
    gpa at = (f.heap + 7) & ~(gpa)7;
    offer(8);
    const unsigned keys[] = { KEY_LEFTCTRL, KEY_C };
    g_assert_true(hid_type_keys(keys, 2, 1));
    expect(&at, EV_KEY, KEY_LEFTCTRL, 1);
    expect(&at, EV_SYN, SYN_REPORT, 0);
    expect(&at, EV_KEY, KEY_C, 1);
    expect(&at, EV_SYN, SYN_REPORT, 0);
    while (get16(&f, at + 16) == 0)
        g_main_context_iteration(NULL, TRUE);
    expect(&at, EV_KEY, KEY_C, 0);
    expect(&at, EV_SYN, SYN_REPORT, 0);
    expect(&at, EV_KEY, KEY_LEFTCTRL, 0);
    expect(&at, EV_SYN, SYN_REPORT, 0);
    virtio_rig_unrealize(f.dev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virtio-input/answers", test_answers);
    g_test_add_func("/virtio-input/batches", test_batches);
    g_test_add_func("/virtio-input/keys", test_keys);
    return g_test_run();
}
