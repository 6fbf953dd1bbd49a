//! A file as the body of an answer, read piece by piece as the client takes it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes read at once.
const PIECE: usize = 64 << 10;

/// A file as the body of an answer. `held` is let go with it.
pub(super) struct FileBody<H> {
    file: File,
    left: u64,
    buffer: Box<[u8]>,
    _held: H,
}

impl<H> FileBody<H> {
    /// The next `length` bytes of a file.
    pub(super) fn new(file: std::fs::File, length: u64, held: H) -> Self {
        Self { file: File::from_std(file), left: length, buffer: vec![0; PIECE].into_boxed_slice(), _held: held }
    }
}

impl<H: Unpin> Body for FileBody<H> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let most = usize::try_from(this.left).unwrap_or(PIECE).min(PIECE);
        let Some(buffer) = this.buffer.get_mut(..most) else { return Poll::Ready(None) };
        let mut piece = ReadBuf::new(buffer);
        ready!(Pin::new(&mut this.file).poll_read(context, &mut piece))?;
        if piece.filled().is_empty() {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        this.left -= piece.filled().len() as u64;
        Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(piece.filled())))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
