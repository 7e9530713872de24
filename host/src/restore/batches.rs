//! Objects of a backup in the batches that plugins see.

use super::pipeline::{Entry, damaged};
use crate::archive::{ArchiveError, ArchivedObject};
use futures::stream::{BoxStream, Peekable, StreamExt, unfold};
use std::pin::Pin;

/// How many positions of the archive make a batch. An instance of a plugin sees at most as many objects.
const BATCH: u64 = 256;

/// Objects as they come from the archive.
type Objects<'a> = Peekable<BoxStream<'a, Result<ArchivedObject, ArchiveError>>>;

/// Cut `objects` into batches, by their position in the archive: whatever is left out by filters and levels, and however
/// fast they come, two objects are in one batch in a plan if and only if they are in one in its application.
///
/// Damaged objects go with those before them. What keeps the rest from being read ends the stream.
pub(super) fn batches<'a>(
    objects: BoxStream<'a, Result<ArchivedObject, ArchiveError>>,
) -> BoxStream<'a, Result<Vec<Entry>, ArchiveError>> {
    unfold(Some(objects.peekable()), |objects| async move {
        let mut objects = objects?;
        match next_batch(&mut objects).await {
            Ok(batch) if batch.is_empty() => None,
            Ok(batch) => Some((Ok(batch), Some(objects))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

/// The objects up to the end of a batch; none at the end of all.
async fn next_batch(objects: &mut Objects<'_>) -> Result<Vec<Entry>, ArchiveError> {
    let mut batch: Vec<Entry> = Vec::new();
    let mut number = None;
    while let Some(next) = Pin::new(&mut *objects).peek().await {
        let of_next = next.as_ref().ok().map(|archived| archived.position / BATCH);
        if number.is_some() && of_next.is_some() && of_next != number {
            break;
        }
        number = of_next.or(number);
        match objects.next().await {
            Some(Ok(archived)) => batch.push(Ok(archived)),
            Some(Err(ArchiveError::DamagedObject { id, file, message })) => {
                batch.push(Err(damaged(*id, format!("{message} (in {file})"))));
            }
            Some(Err(error)) => return Err(error),
            None => break,
        }
    }
    Ok(batch)
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
        batches(futures::stream::iter(objects).boxed())
            .map(|batch| {
                batch
                    .map(|batch| batch.into_iter().map(name).collect())
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
    async fn what_keeps_the_rest_from_being_read_ends_it() {
        let error = Err(ArchiveError::Internal("gone".into()));
        assert_eq!(
            names(vec![whole(0), error, whole(1)]).await,
            [Err("gone".to_owned())]
        );
    }
}
