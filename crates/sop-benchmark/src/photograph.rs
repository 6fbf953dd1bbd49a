//! A scene as a camera takes it, in the format of published sets.

use super::canvas::Canvas;
use super::error::GenerateError;
use super::jpeg_bytes::{QUALITY, encode_jpeg};
use super::scene::Scene;
use super::sensor::Sensor;
use super::stream::Stream;

/// RGB bytes by rows.
pub(super) fn expose(scene: &Scene, canvas: Canvas, sensor: &Sensor, noise: &mut Stream) -> Vec<u8> {
    sensor.expose(canvas.colours(|point| scene.at(point)), canvas, noise)
}

/// The file of a photograph.
pub(super) fn photograph(
    scene: &Scene,
    canvas: Canvas,
    sensor: &Sensor,
    noise: &mut Stream,
    file: &str,
) -> Result<Vec<u8>, GenerateError> {
    encode_jpeg(&expose(scene, canvas, sensor, noise), canvas, QUALITY, file)
}
