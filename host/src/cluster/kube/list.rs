//! Lists, page by page.

use super::connection::{Answer, Connection, Request};
use super::failure::Call;
use super::page::{self, ListPage};
use super::page_size::PageSize;
use super::path;
use crate::cluster::{ClusterError, ListOptions, Page, RawObject};
use crate::object::{ObjectKey, ResourceType};
use futures::stream::{self, BoxStream, StreamExt};

/// The objects of a type, page by page.
pub(super) fn list<'a>(
    connection: &'a Connection,
    of: &'a ResourceType,
    options: &ListOptions,
) -> BoxStream<'a, Result<Page, ClusterError>> {
    let list = List {
        connection,
        of,
        options: options.clone(),
        size: PageSize::default(),
        next: Next::First,
        ahead: None,
        last: None,
        is_ordered: true,
        skips_known: false,
        was_continued: false,
    };
    stream::try_unfold(list, |mut list| async move {
        Ok(list.next().await?.map(|page| (page, list)))
    })
    .boxed()
}

/// A list that is being read.
struct List<'a> {
    connection: &'a Connection,
    of: &'a ResourceType,
    options: ListOptions,
    size: PageSize,
    next: Next,
    /// The answer to the request for what is next, where it was made already.
    ahead: Option<Result<Answer, ClusterError>>,
    /// The last object that was handed out.
    last: Option<ObjectKey>,
    /// Whether objects have come in the order of their keys so far. Aggregated APIs need not keep it.
    is_ordered: bool,
    /// Whether what comes may have been handed out before, because the list was begun again.
    skips_known: bool,
    /// Whether the list took so long that the rest of it is of a later moment. Said with the next page.
    was_continued: bool,
}

/// What to ask for.
#[derive(Clone, PartialEq)]
enum Next {
    First,
    After(String),
    Nothing,
}

impl List<'_> {
    /// The next page that has objects, or the end.
    async fn next(&mut self) -> Result<Option<Page>, ClusterError> {
        while !matches!(self.next, Next::Nothing) {
            let answer = match self.ahead.take() {
                Some(answer) => answer?,
                None => self.ask(&self.next).await?,
            };
            if answer.is_cut {
                self.shrink()?;
            } else if answer.code == 410 {
                self.go_on_after_expiry(answer)?;
            } else if let Some(page) = self.take(answer).await? {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    async fn ask(&self, next: &Next) -> Result<Answer, ClusterError> {
        let limit = self.size.objects().to_string();
        let mut query = vec![("limit", limit.as_str())];
        if let Some(selector) = &self.options.label_selector {
            query.push(("labelSelector", selector));
        }
        if let Next::After(token) = next {
            query.push(("continue", token));
        }
        let collection = path::collection(self.of, self.options.namespace.as_deref());
        let request = Request::get(path::with_query(&collection, &query));
        let expired = |answer: &Answer| answer.code == 410 && matches!(next, Next::After(_));
        self.connection
            .read(self.call(), &request, self.size.longest(), expired)
            .await
    }

    /// Keep what an answer says, and return its objects if there are any. While it is read, what comes next is asked for
    /// already: the server and we work at the same time.
    async fn take(&mut self, answer: Answer) -> Result<Option<Page>, ClusterError> {
        let bytes = answer.body.len();
        let next = page::next(&answer.body).map(Next::After);
        if next.is_some() {
            // Only the last page has fewer objects than were asked for.
            self.size.saw(self.size.objects(), bytes);
        }
        let of = self.of.clone();
        // Megabytes of text.
        let read = tokio::task::spawn_blocking(move || page::read(&of, &answer.body));
        let ask = async {
            match &next {
                Some(next) => Some(self.ask(next).await),
                None => None,
            }
        };
        let (read, ahead) = tokio::join!(read, ask);
        let read = read.unwrap_or_else(|error| Err(error.to_string()));
        let ListPage { items, next: token } = read.map_err(|message| self.wrong(message))?;
        self.next = token.map_or(Next::Nothing, Next::After);
        // A server may write what we look for in another order, or twice.
        self.ahead = ahead.filter(|_| next.as_ref() == Some(&self.next));
        let items: Vec<RawObject> = items.into_iter().filter(|item| self.is_new(item)).collect();
        if items.is_empty() {
            return Ok(None);
        }
        let was_continued = std::mem::take(&mut self.was_continued);
        Ok(Some(Page { items, was_continued }))
    }

    /// Whether an object has not been handed out before. From then on it has.
    fn is_new(&mut self, item: &RawObject) -> bool {
        let key = ObjectKey {
            namespace: item.id.namespace.clone(),
            name: item.id.name.clone(),
        };
        let follows = self.last.as_ref().is_none_or(|last| *last < key);
        if self.skips_known && !follows {
            return false;
        }
        self.skips_known = false;
        self.is_ordered &= follows;
        self.last = Some(key);
        true
    }

    /// The server no longer knows the state of which the list is. It gives a token for the rest as it is now; where it
    /// does not, the list begins again, and what was handed out is left out.
    fn go_on_after_expiry(&mut self, answer: Answer) -> Result<(), ClusterError> {
        let refusal = answer.into_refusal();
        match refusal.continuation() {
            // Twice without an object in between: it would go on for ever.
            _ if self.was_continued => return Err(refusal.into_error(self.call(), &self.connection.server)),
            Some(token) => self.next = Next::After(token.to_owned()),
            None if self.is_ordered => {
                self.next = Next::First;
                self.skips_known = self.last.is_some();
            }
            None => return Err(refusal.into_error(self.call(), &self.connection.server)),
        }
        self.was_continued = true;
        Ok(())
    }

    /// Ask for fewer objects at a time.
    fn shrink(&mut self) -> Result<(), ClusterError> {
        match self.size.shrink() {
            true => Ok(()),
            false => Err(self.wrong(format!(
                "an object of {} is longer than any server keeps",
                self.of.resource
            ))),
        }
    }

    fn call(&self) -> Call<'_> {
        Call {
            verb: "list",
            of: self.of,
            namespace: self.options.namespace.as_deref(),
            name: None,
        }
    }

    fn wrong(&self, message: String) -> ClusterError {
        ClusterError::Answer {
            cluster: self.connection.server.clone(),
            message,
        }
    }
}
