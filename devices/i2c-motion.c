/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The micro:bit's motion sensors on I2C: accelerometer MMA8653FC (bindings: fsl,mma8653fc, nxp,fxos8700) and
 * magnetometer MAG3110 (nxp,mag3110, freescale,mag3110). Manuals: NXP's data sheets. What they measure is the monitor's
 * sensor to say; the board lies flat to begin with. Not modelled: the time between two samples, interrupts, taps and
 * orientation, calibration; settings but the range and the fast read are only kept.
 */
#include <inttypes.h>

#include "dt.h"
#include "i2c.h"
#include "panel.h"

enum { STATUS = 0x00, ACC_OUT = 0x01, ACC_OUT_END = 0x06, WHO_AM_I = 0x0d, XYZ_DATA_CFG = 0x0e, CTRL_REG1 = 0x2a,
       MAG_OUT = 0x01, MAG_OUT_END = 0x06, MAG_WHO_AM_I = 0x07, MAG_TEMPERATURE = 0x0f, MAG_CTRL_REG1 = 0x10 };
enum { CTRL_FAST_READ = 2, STATUS_ALL = 0x0f };
enum { X, Y, Z, AXES };
#define REGS 0x80

struct motion {
    struct i2c_device i2c;
    bool magnetometer;
    uint8_t regs[REGS];  /* as written */
    uint8_t at;          /* the register that is next */
    bool chosen;         /* this write has said which */
    int16_t value[AXES]; /* mg; 0.1 microtesla */
};

static uint8_t axis_byte(const struct motion *s, unsigned n, bool low)
{
    int v = s->value[n / 2];

    if (!s->magnetometer) { /* ten bits at the left end: 256 for 1 g, in the range of 2 g */
        v = v * (256 >> MIN(s->regs[XYZ_DATA_CFG] & 3, 2)) / 1000;
        v = CLAMP(v, -512, 511) * 64;
    }
    return low ? v : v >> 8;
}

static uint8_t register_now(const struct motion *s)
{
    if (s->at == STATUS)
        return STATUS_ALL;
    if (s->at >= ACC_OUT && s->at <= ACC_OUT_END)
        return axis_byte(s, s->at - ACC_OUT, (s->at - ACC_OUT) & 1);
    if (s->magnetometer && s->at == MAG_WHO_AM_I)
        return 0xc4;
    if (s->magnetometer && s->at == MAG_TEMPERATURE)
        return 25;
    if (!s->magnetometer && s->at == WHO_AM_I)
        return 0x5a;
    return s->regs[s->at];
}

static uint8_t motion_read(struct i2c_device *d)
{
    struct motion *s = container_of(d, struct motion, i2c);
    uint8_t v = register_now(s);
    bool fast = s->regs[s->magnetometer ? MAG_CTRL_REG1 : CTRL_REG1] & (s->magnetometer ? 4 : CTRL_FAST_READ);

    s->at = (s->at + 1) % REGS;
    if (fast && s->at > ACC_OUT && s->at <= ACC_OUT_END) /* high bytes only */
        s->at++;
    return v;
}

static bool motion_write(struct i2c_device *d, uint8_t byte)
{
    struct motion *s = container_of(d, struct motion, i2c);

    if (!s->chosen) {
        s->at = byte % REGS;
        s->chosen = true;
        return true;
    }
    s->regs[s->at] = byte;
    s->at = (s->at + 1) % REGS;
    return true;
}

static bool motion_start(struct i2c_device *d, bool read)
{
    container_of(d, struct motion, i2c)->chosen = false;
    return true;
}

static const struct i2c_ops motion_ops = { .start = motion_start, .write = motion_write, .read = motion_read };

static int64_t get_value(void *opaque, unsigned n)
{
    return ((const struct motion *)opaque)->value[n];
}

static void set_value(void *opaque, unsigned n, int64_t value)
{
    ((struct motion *)opaque)->value[n] = value;
}

static bool motion_realize(struct device *d, GError **err)
{
    static const char *const axes[] = { "x", "y", "z" };
    struct motion *s = container_of(d, struct motion, i2c.dev);
    int64_t limit = s->magnetometer ? 30000 : 8000;

    s->i2c.ops = &motion_ops;
    if (!s->magnetometer)
        s->value[Z] = -1000;
    for (unsigned n = 0; n < AXES; n++)
        panel_add_sensor(&(struct panel_sensor){ .device = d->id ? d->id : d->type->name, .what = axes[n],
                                                 .unit = s->magnetometer ? "x 0.1 uT" : "mg", .min = -limit,
                                                 .max = limit, .get = get_value, .set = set_value, .opaque = s,
                                                 .n = n, .lock = &d->parent->lock });
    return true;
}

static void motion_unrealize(struct device *d)
{
    panel_remove(container_of(d, struct motion, i2c.dev));
}

static bool magnetometer_realize(struct device *d, GError **err)
{
    container_of(d, struct motion, i2c.dev)->magnetometer = true;
    return motion_realize(d, err);
}

static const struct property acc_props[] = { I2C_PROP_ADDRESS(struct motion, 0x1d), PROP_END };
static const struct property mag_props[] = { I2C_PROP_ADDRESS(struct motion, 0x0e), PROP_END };

static const struct state_row motion_fields[] = {
    FIELD_NONE(struct motion, i2c, "the tree's"),
    FIELD_SAME(struct motion, magnetometer),
    FIELD_ARRAY(struct motion, regs, 0),
    FIELD(struct motion, at, 0),
    FIELD(struct motion, chosen, 0),
    FIELD_KEEP_ARRAY(struct motion, value), /* the world's */
    FIELD_END,
};

static const struct state_table motion_state = { STATE_OF(struct motion), .version = 1, .rows = motion_fields };

static const char *const acc_compatible[] = { "fsl,mma8653fc", "nxp,mma8653fc", NULL };
static const char *const mag_compatible[] = { "nxp,mag3110", "freescale,mag3110", "fsl,mag3110", NULL };

const struct device_type mma8653_type = {
    .name = "mma8653",
    .desc = "MMA8653FC accelerometer on I2C",
    .compatible = acc_compatible,
    .bus = &i2c_bus_type,
    .size = sizeof(struct motion),
    .props = acc_props,
    .state = &motion_state,
    .realize = motion_realize,
    .unrealize = motion_unrealize,
};

const struct device_type mag3110_type = {
    .name = "mag3110",
    .desc = "MAG3110 magnetometer on I2C",
    .compatible = mag_compatible,
    .bus = &i2c_bus_type,
    .size = sizeof(struct motion),
    .props = mag_props,
    .state = &motion_state,
    .realize = magnetometer_realize,
    .unrealize = motion_unrealize,
};
