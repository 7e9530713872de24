//! Objects of a backup in the batches that plugins see, and in chunks that fit into memory.

use super::pipeline::{Entry, damaged};
use crate::archive::{ArchiveError, ArchivedObject};
use futures::stream::{BoxStream, Peekable, StreamExt, unfold};
use std::pin::Pin;

/// How many positions of the archive make a batch. An instance of a plugin sees at most as many objects.
const BATCH: u64 = 256;

/// Bytes of JSON after which a chunk is ended. 256 objects of usual size are one chunk.
const CHUNK_BYTES: usize = 1 << 20;

/// Objects as they come from the archive.
type Objects<'a> = Peekable<BoxStream<'a, Result<ArchivedObject, ArchiveError>>>;

/// Objects that follow each other and are of one batch: all of it, or a part where its objects are large.
pub(super) struct Chunk {
    /// The number of the batch.
    pub batch: u64,
    /// The objects, and reports on those that are damaged.
    pub entries: Vec<Entry>,
}

/// Cut `objects` into batches, by their position in the archive: whatever is left out by filters and levels, and however
/// fast they come, two objects are in one batch in a plan if and only if they are in one in its application. Large
/// batches come in chunks.
///
/// Damaged objects go with those before them. What keeps the rest from being read ends the stream.
pub(super) fn chunks<'a>(
    objects: BoxStream<'a, Result<ArchivedObject, ArchiveError>>,
) -> BoxStream<'a, Result<Chunk, ArchiveError>> {
    unfold(Some(objects.peekable()), |objects| async move {
        let mut objects = objects?;
        match next_chunk(&mut objects).await {
            Ok(chunk) if chunk.entries.is_empty() => None,
            Ok(chunk) => Some((Ok(chunk), Some(objects))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

/// The objects up to the end of a chunk; none at the end of all.
async fn next_chunk(objects: &mut Objects<'_>) -> Result<Chunk, ArchiveError> {
    let mut entries: Vec<Entry> = Vec::new();
    let (mut number, mut bytes) = (None, 0);
    while let Some(next) = Pin::new(&mut *objects).peek().await {
        let of_next = next.as_ref().ok().map(|archived| archived.position / BATCH);
        if (number.is_some() && of_next.is_some() && of_next != number) || bytes >= CHUNK_BYTES {
            break;
        }
        number = of_next.or(number);
        match objects.next().await {
            Some(Ok(archived)) => {
                bytes += archived.json.len();
                entries.push(Ok(archived));
            }
            Some(Err(ArchiveError::DamagedObject { id, file, message })) => {
                entries.push(Err(damaged(*id, format!("{message} (in {file})"))));
            }
            Some(Err(error)) => return Err(error),
            None => break,
        }
    }
    // Where all are damaged no plugin sees any, so that any number will do.
    Ok(Chunk {
        batch: number.unwrap_or_default(),
        entries,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{GroupResource, ObjectId};
    use rstest::rstest;

    fn id(position: u64) -> ObjectId {
        ObjectId {
            resource: GroupResource::new("", "pods"),
            namespace: None,
            name: position.to_string(),
        }
    }

    fn whole(position: u64) -> Result<ArchivedObject, ArchiveError> {
        let (version, kind) = ("v1".to_owned(), "Pod".to_owned());
        Ok(ArchivedObject {
            id: id(position),
            version,
            kind,
            json: String::new(),
            position,
        })
    }

    fn broken(position: u64) -> Result<ArchivedObject, ArchiveError> {
        Err(ArchiveError::DamagedObject {
            id: Box::new(id(position)),
            file: "f".into(),
            message: "m".into(),
        })
    }

    async fn names(objects: Vec<Result<ArchivedObject, ArchiveError>>) -> Vec<Result<Vec<String>, String>> {
        let name = |entry: Entry| entry.map_or_else(|report| report.id.name, |archived| archived.id.name);
        chunks(futures::stream::iter(objects).boxed())
            .map(|chunk| {
                chunk
                    .map(|chunk| chunk.entries.into_iter().map(name).collect())
                    .map_err(|error| error.to_string())
            })
            .collect()
            .await
    }

    #[rstest]
    #[case::none(vec![], vec![])]
    #[case::one(vec![whole(3)], vec!["3"])]
    #[case::cut_by_position(vec![whole(0), whole(255), whole(256), whole(511)], vec!["0 255", "256 511"])]
    #[case::far_apart(vec![whole(0), whole(1024)], vec!["0", "1024"])]
    #[case::damage_goes_with_those_before(vec![whole(255), broken(300), whole(300)], vec!["255 300", "300"])]
    #[case::damage_first(vec![broken(0), broken(1), whole(2)], vec!["0 1 2"])]
    #[tokio::test]
    async fn objects_are_cut_by_their_position(
        #[case] objects: Vec<Result<ArchivedObject, ArchiveError>>,
        #[case] expected: Vec<&str>,
    ) {
        let batches = names(objects)
            .await
            .into_iter()
            .map(|batch| batch.unwrap().join(" "));
        assert_eq!(batches.collect::<Vec<_>>(), expected);
    }

    #[tokio::test]
    async fn large_objects_of_a_batch_come_in_chunks() {
        let large = |position| {
            whole(position).map(|archived| ArchivedObject {
                json: " ".repeat(CHUNK_BYTES * 3 / 4),
                ..archived
            })
        };
        let objects = [large(0), large(1), large(2), whole(255), large(256)];
        let found: Vec<_> = chunks(futures::stream::iter(objects).boxed())
            .map(|chunk| chunk.map(|chunk| (chunk.batch, chunk.entries.len())).unwrap())
            .collect()
            .await;
        assert_eq!(found, [(0, 2), (0, 2), (1, 1)]);
    }

    #[tokio::test]
    async fn what_keeps_the_rest_from_being_read_ends_it() {
        let error = Err(ArchiveError::Internal("gone".into()));
        assert_eq!(
            names(vec![whole(0), error, whole(1)]).await,
            [Err("gone".to_owned())]
        );
    }
}
