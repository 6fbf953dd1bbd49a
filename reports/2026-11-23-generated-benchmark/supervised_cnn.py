"""A plain small convolutional network trained with the labels of a generated set.

Four 3x3 convolutions with batch normalisation and ReLU: 32 channels at stride 2, then 48, 96 and 128 channels with 2x2 max pooling
between them, then global max and mean pooling and a linear layer.
Augmentation: reflection, quarter turns, shifts of up to 6 pixels.
AdamW, learning rate warmed up and then annealed along a cosine, cross-entropy.
The figure is that of the last epoch; no epoch is chosen by the test set.

Usage: python supervised_cnn.py TRAIN_FOLDER TEST_FOLDER EPOCHS OUT.csv
"""

import sys
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

BATCH = 64
PEAK = 3e-3
DECAY = 0.02
SHIFT = 6


def load(root):
    images, labels = [], []
    for label, folder in enumerate(sorted(p for p in Path(root).iterdir())):
        for file in sorted(folder.iterdir()):
            images.append(np.asarray(Image.open(file).convert("RGB")))
            labels.append(label)
    return np.stack(images), np.array(labels)


def network(side):
    layers = keras.layers
    inputs = x = keras.Input((side, side, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    for width, stride in ((32, 2), (48, 1), (96, 1), (128, 1)):
        x = layers.Conv2D(width, 3, strides=stride, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        if width in (48, 96):
            x = layers.MaxPooling2D()(x)
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)])
    return keras.Model(inputs, layers.Dense(10)(x))


def augmented(images, rng):
    """Reflections, quarter turns and shifts, each image on its own."""
    side = images.shape[1]
    padded = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
    out = np.empty_like(images)
    for i in range(len(images)):
        top, left = rng.integers(0, 2 * SHIFT + 1, 2)
        view = np.rot90(padded[i, top : top + side, left : left + side], rng.integers(4))
        out[i] = view[:, ::-1] if rng.random() < 0.5 else view
    return out


def main():
    keras.utils.set_random_seed(0)
    train, train_labels = load(sys.argv[1])
    test, test_labels = load(sys.argv[2])
    epochs = int(sys.argv[3])
    rng = np.random.default_rng(0)
    steps = len(train) // BATCH
    warm = epochs * steps // 5
    rate = keras.optimizers.schedules.CosineDecay(PEAK / 20, epochs * steps - warm, warmup_target=PEAK, warmup_steps=warm)
    model = network(train.shape[1])
    optimizer = keras.optimizers.AdamW(rate, weight_decay=DECAY)
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    print("parameters:", model.count_params())

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(tf.cast(images, tf.float32), training=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    @tf.function
    def predict(images):
        return tf.argmax(model(tf.cast(images, tf.float32), training=False), axis=1)

    lines, start = ["epoch,train_loss,test_top1,seconds,cpu_seconds"], time.time()
    for epoch in range(1, epochs + 1):
        order, losses = rng.permutation(len(train)), []
        for i in range(steps):
            rows = order[i * BATCH : (i + 1) * BATCH]
            losses.append(float(step(augmented(train[rows], rng), train_labels[rows])))
        found = np.concatenate([predict(test[i : i + 100]) for i in range(0, len(test), 100)])
        top1 = (found == test_labels).mean()
        lines.append(f"{epoch},{np.mean(losses):.4f},{top1:.4f},{time.time() - start:.1f},{time.process_time():.1f}")
        print(lines[-1], flush=True)
        Path(sys.argv[4]).write_text("\n".join(lines) + "\n")
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (test_labels, found), 1)
    print("rows: class, columns: answer")
    print(confusion)


main()
