"""
Checkerboards from transposed convolutions
==========================================

Networks that draw images often double their size by a transposed convolution of stride 2, and their images then show a
fine checkerboard. This example shows where it comes from, and measures it: it is there when the kernel's size is not
divisible by the stride, and it is not there when the image is resized first and convolved then.
"""

# %%
# Three ways to double an image
# -----------------------------
# All weights of a kernel are equal here: the gentlest blur there is, and nothing that could draw a pattern by itself.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cbook import get_sample_data

from sigresample.nn import conv2d, conv_transpose2d, interpolate


def transposed_3(image, weight):
    """Double by a kernel of 3: 3 is not divisible by the stride of 2."""
    return conv_transpose2d(image, weight, stride=2, padding=1, output_padding=1)


def transposed_4(image, weight):
    """Double by a kernel of 4, which is."""
    return conv_transpose2d(image, weight, stride=2, padding=1)


def resized(image, weight):
    """Double by repeating every pixel, then convolve."""
    return conv2d(interpolate(image, scale_factor=2, mode="nearest"), weight, padding=1)


WAYS = {
    "transposed convolution\n3×3, stride 2": (transposed_3, 3),
    "transposed convolution\n4×4, stride 2": (transposed_4, 4),
    "nearest neighbour ×2,\nthen convolution 3×3": (resized, 3),
}


def doubled(image, way, size):
    """Return an image (H, W) twice as large, at the same mean brightness: its border is left out."""
    weight = np.ones((1, 1, size, size))
    made = way(image[None, None], weight)[0, 0, 2:-2, 2:-2]
    return made * (image.mean() / made.mean())


# %%
# The photo is one that comes with matplotlib: its green channel, made small by the mean of 2 × 2 pixels.

with get_sample_data("grace_hopper.jpg") as file:
    photo = plt.imread(file)[..., 1] / 255.0
photo = conv2d(photo[None, None], np.full((1, 1, 2, 2), 0.25), stride=2)[0, 0]

# %%
# Why: how many weights meet in a pixel
# -------------------------------------
# A transposed convolution adds the kernel into the result at every second pixel. Of a kernel of 3, one weight falls on
# every even pixel and two on every odd one: a flat image comes out striped, in two dimensions as a checkerboard of 1, 2
# and 4 weights. Of a kernel of 4, two weights fall on every pixel. A convolution of an image that is large already
# meets all its 3 weights in every pixel, whatever they are.
#
# Below: a row of what each way makes of a flat image; the photo; and the photo's spectrum along its rows. The stripes
# have a period of two pixels, which is the highest frequency there is: 0.5 cycles per pixel.


def spectrum(image):
    """Return the power at each frequency along the rows, in dB below that of the mean brightness."""
    window = np.hanning(image.shape[1])
    power = (np.abs(np.fft.rfft(image * window)) ** 2).mean(axis=0)
    return np.fft.rfftfreq(image.shape[1]), 10 * np.log10(power / power[0])


flat = np.ones((12, 12))
figure, axes = plt.subplots(3, 3, figsize=(10, 9.5), height_ratios=[1, 2, 1.5], layout="constrained")
at_the_end = {}
for column, (title, (way, size)) in zip(axes.T, WAYS.items(), strict=True):
    bars, picture, lines = column
    even = doubled(flat, way, size).mean(axis=0)[:12]
    bars.bar(np.arange(12), even, color=["#c44e52" if abs(n - 1) > 1e-9 else "#4c72b0" for n in even])
    bars.set(title=title, ylim=(0, 1.5), yticks=[0, 1], xticks=[], xlabel="pixels of a row (mean over rows)")

    large = doubled(photo, way, size)
    picture.imshow(large[158:230, 196:268], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    picture.set(xticks=[], yticks=[])

    frequency, power = spectrum(large)
    at_the_end[title] = power[-1]
    lines.plot(frequency, power, color="0.3", linewidth=1)
    lines.plot(frequency[-1], power[-1], "o", color="#c44e52" if power[-1] > -40 else "#4c72b0", clip_on=False)
    lines.annotate(
        f"{power[-1]:.0f} dB", (frequency[-1], power[-1]), (0.4, -20), ha="center", arrowprops={"arrowstyle": "-"}
    )
    lines.set(ylim=(-100, 5), xlim=(0, 0.5), xlabel="frequency (cycles per pixel)")
axes[0, 0].set_ylabel("a flat image, doubled")
axes[1, 0].set_ylabel("a photo, doubled (detail)")
axes[2, 0].set_ylabel("its spectrum (dB)")

# %%
# The red peak is the checkerboard: the mean brightness of the photo, which should be at frequency 0 alone, turns up a
# second time at the other end. Where the stripes are absent, the spectrum has a gap there instead.
#
# With any weights
# ----------------
# A network learns its weights, so equal ones are a special case. Here each way gets a thousand kernels of random
# weights, as a layer has them before training, and a flat image; the pattern is what is left of the result when its
# mean is taken off. Resizing first leaves none, with any weights: it makes a flat image of a flat one, and a
# convolution cannot tell its pixels apart. A kernel of 4 *can* be even, as above, but only where its weights agree with
# each other, and training has to see to that. With a kernel of 3, one weight would have to equal the sum of two.

rng = np.random.default_rng(0)
patterns = {}
for title, (way, size) in WAYS.items():
    weights = rng.uniform(-1, 1, (1000, 1, size, size))
    kernels = weights.transpose(1, 0, 2, 3) if way is not resized else weights
    made = way(np.ones((1, 1, 12, 12)), kernels)[0, :, 6:-6, 6:-6]
    patterns[title] = made.std(axis=(1, 2)) / np.sqrt((made**2).mean(axis=(1, 2)))

figure, axis = plt.subplots(figsize=(10, 3), layout="constrained")
names = [title.replace("\n", " ") for title in WAYS]
axis.boxplot(list(patterns.values()), orientation="horizontal", tick_labels=names, whis=(0, 100))
axis.invert_yaxis()
axis.set(xlabel="pattern's share of what a flat image becomes (root mean square)", xlim=(-0.02, 1.02))

# %%
# In numbers: the power at 0.5 cycles per pixel along the photo's rows, relative to the mean brightness, and the median
# share of the pattern.

for name, title in zip(names, WAYS, strict=True):
    print(f"{name:42} {at_the_end[title]:6.1f} dB {np.median(patterns[title]):6.0%}")

plt.show()
