//! Drawn pictures, kept: one is drawn at a time, and for all who ask for it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum_extra::headers::ETag;
use metrics::counter;
use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use voting_commons::{Language, ParedaoId};

use super::draw::DrawError;
use super::scene::Scene;
use crate::measures;
use crate::problem::Problem;
use crate::snapshot::Snapshot;

/// How many bytes of pictures are kept at most; one has about 100 KiB.
const KEPT_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// About as many pictures fit in.
const KEPT_ESTIMATE: usize = 300;
/// How long a picture's numbers are good enough, while nothing but numbers changes. Nothing else may be shown late.
pub const NUMBERS_KEPT: Duration = Duration::from_secs(10);
/// How many requests may wait for pictures to be drawn: they must leave room for votes.
const WAITING_MAX: usize = 256;

/// A drawn picture.
#[derive(Debug)]
pub struct SharePicture {
    scene: Scene,
    drawn_at: Instant,
    /// The JPEG.
    pub jpeg: Bytes,
    /// Names its content.
    pub etag: ETag,
}

impl SharePicture {
    fn new(scene: Scene, jpeg: Vec<u8>) -> Self {
        let mut hasher = DefaultHasher::new();
        jpeg.hash(&mut hasher);
        let etag = format!("\"{:016x}\"", hasher.finish()).parse().expect("hexadecimal in quotes is a tag");
        Self { scene, drawn_at: Instant::now(), jpeg: jpeg.into(), etag }
    }

    /// Whether it may stand for `scene` at `now`. A picture with numbers never stands for one without.
    fn stands_for(&self, scene: &Scene, now: Instant) -> bool {
        self.scene == *scene || (now < self.drawn_at + NUMBERS_KEPT && self.scene.is_later_count_of(scene))
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum NoPicture {
    /// There is nothing to draw, or no room to wait.
    #[error("{}", .0.title())]
    Refused(Problem),
    /// It can't be drawn.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// Whoever drew it panicked.
    #[error(transparent)]
    Panic(#[from] tokio::task::JoinError),
}

impl From<Problem> for NoPicture {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// A paredão's picture in a language.
type Key = (ParedaoId, Language);

/// The drawn pictures of this process.
pub struct SharePictures {
    kept: Mutex<Cache<Key, Arc<SharePicture>, InBytes>>,
    turn: Arc<Semaphore>,
    waiting: Semaphore,
}

#[derive(Clone)]
struct InBytes;

impl Weighter<Key, Arc<SharePicture>> for InBytes {
    fn weight(&self, _: &Key, picture: &Arc<SharePicture>) -> u64 {
        picture.jpeg.len() as u64
    }
}

impl Default for SharePictures {
    fn default() -> Self {
        Self {
            kept: Mutex::new(Cache::with_weighter(KEPT_ESTIMATE, KEPT_BYTES_MAX, InBytes)),
            turn: Arc::new(Semaphore::new(1)),
            waiting: Semaphore::new(WAITING_MAX),
        }
    }
}

impl SharePictures {
    /// The picture of the paredão that `look` sees: a kept one, or one that `draw` makes.
    ///
    /// # Errors
    /// When `look` sees nothing, too many are waiting, or it can't be drawn.
    pub async fn get(
        self: &Arc<Self>,
        look: impl Fn() -> Result<(Arc<Snapshot>, ParedaoId, Scene), Problem>,
        draw: impl FnOnce(&Scene, &Snapshot) -> Result<Vec<u8>, DrawError> + Send + 'static,
    ) -> Result<Arc<SharePicture>, NoPicture> {
        let (_, paredao, scene) = look()?;
        if let Some(picture) = self.kept(paredao, &scene) {
            return Ok(picture);
        }
        let _place = self.waiting.try_acquire().map_err(|_| Problem::TooManyRequests)?;
        let turn = Arc::clone(&self.turn).acquire_owned().await.expect("it is never closed");
        // Much may have changed while it waited, and what it waited for may be there.
        let (snapshot, paredao, scene) = look()?;
        if let Some(picture) = self.kept(paredao, &scene) {
            return Ok(picture);
        }
        let pictures = Arc::clone(self);
        // It is kept even if nobody waits for it any more: otherwise whoever asks and goes away could keep us drawing.
        let drawing = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let jpeg = draw(&scene, &snapshot)?;
            counter!(measures::SHARE_PICTURES).increment(1);
            let key = (paredao, scene.face.language);
            let picture = Arc::new(SharePicture::new(scene, jpeg));
            pictures.lock().insert(key, Arc::clone(&picture));
            Ok::<_, DrawError>(picture)
        });
        Ok(drawing.await??)
    }

    fn kept(&self, paredao: ParedaoId, scene: &Scene) -> Option<Arc<SharePicture>> {
        let key = (paredao, scene.face.language);
        self.lock().get(&key).filter(|picture| picture.stands_for(scene, Instant::now())).map(Arc::clone)
    }

    fn lock(&self) -> MutexGuard<'_, Cache<Key, Arc<SharePicture>, InBytes>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::Either;

    use super::*;
    use crate::share::Face;

    /// A scene with or without a number.
    fn scene(hundredths: Option<i32>) -> Scene {
        let face = Face {
            language: Language::Portuguese,
            title: "Um".to_owned(),
            standing: "Vote agora".to_owned(),
            is_open: true,
            people: vec![],
        };
        Scene { face, percents: hundredths.map(|hundredths| vec![hundredths.try_into().unwrap()]) }
    }

    fn look(number: i64, scene: &Scene) -> Result<(Arc<Snapshot>, ParedaoId, Scene), Problem> {
        Ok((Arc::default(), number.try_into().unwrap(), scene.clone()))
    }

    #[test]
    fn only_numbers_may_be_late_and_not_for_long() {
        let picture = SharePicture::new(scene(Some(100)), vec![]);
        let (soon, later) = (picture.drawn_at, picture.drawn_at + NUMBERS_KEPT);
        assert!(picture.stands_for(&scene(Some(200)), soon) && !picture.stands_for(&scene(Some(200)), later));
        assert!(picture.stands_for(&scene(Some(100)), later));
        let mut closed = scene(Some(200));
        closed.face.is_open = false;
        assert!(!picture.stands_for(&closed, soon));
        assert!(!picture.stands_for(&scene(None), soon), "numbers that are hidden now are gone at once");
        assert!(!SharePicture::new(scene(None), vec![]).stands_for(&scene(Some(100)), soon));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn however_many_ask_it_is_drawn_once_and_one_at_a_time() {
        let pictures = Arc::new(SharePictures::default());
        let (drawn, at_once, at_once_max) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let asks = (0..WAITING_MAX).map(|ask| {
            let (pictures, drawn) = (Arc::clone(&pictures), Arc::clone(&drawn));
            let (at_once, at_once_max) = (Arc::clone(&at_once), Arc::clone(&at_once_max));
            tokio::spawn(async move {
                let draw = move |_: &Scene, _: &Snapshot| {
                    at_once_max.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    drawn.fetch_add(1, Ordering::SeqCst);
                    at_once.fetch_sub(1, Ordering::SeqCst);
                    Ok(vec![0])
                };
                let number = i64::try_from(ask % 4 + 1).unwrap();
                pictures.get(|| look(number, &scene(Some(100))), draw).await.unwrap();
            })
        });
        futures::future::try_join_all(asks).await.unwrap();
        assert_eq!((drawn.load(Ordering::SeqCst), at_once_max.load(Ordering::SeqCst)), (4, 1));
    }

    #[tokio::test]
    async fn one_is_kept_in_each_language() {
        let pictures = Arc::new(SharePictures::default());
        let scene = |language| {
            let mut scene = scene(None);
            scene.face.language = language;
            scene
        };
        for (language, jpeg) in [(Language::Portuguese, 1), (Language::English, 2)] {
            pictures.get(|| look(1, &scene(language)), move |_, _| Ok(vec![jpeg])).await.unwrap();
        }
        for (language, jpeg) in [(Language::Portuguese, 1), (Language::English, 2)] {
            let kept = pictures.get(|| look(1, &scene(language)), |_, _| panic!("it is drawn again")).await.unwrap();
            assert_eq!(kept.jpeg, vec![jpeg]);
        }
    }

    #[tokio::test]
    async fn one_that_nobody_waits_for_any_more_is_kept_all_the_same() {
        let pictures = Arc::new(SharePictures::default());
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let waiting = pictures.get(
            || look(1, &scene(None)),
            move |_, _| {
                gone.recv().unwrap_err();
                Ok(vec![7])
            },
        );
        // Polled once, it has begun to draw; then its request goes away.
        let first = futures::future::select(Box::pin(waiting), std::future::ready(())).await;
        assert!(matches!(first, Either::Right(_)));
        drop(first);
        drop(go);
        let picture = pictures.get(|| look(1, &scene(None)), |_, _| panic!("it is drawn again")).await.unwrap();
        assert_eq!(picture.jpeg, vec![7]);
    }

    #[tokio::test]
    async fn what_goes_wrong_stands_in_nobodys_way() {
        let pictures = Arc::new(SharePictures::default());
        let failed = pictures.get(|| look(1, &scene(None)), |_, _| panic!("a picture that no decoder likes")).await;
        assert!(matches!(failed, Err(NoPicture::Panic(_))));
        assert!(pictures.get(|| look(1, &scene(None)), |_, _| Ok(vec![1])).await.is_ok());
        let unseen = pictures.get(|| Err(Problem::ParedaoUnknown), |_, _| Ok(vec![])).await;
        assert!(matches!(unseen, Err(NoPicture::Refused(Problem::ParedaoUnknown))));
    }

    #[tokio::test]
    async fn no_more_wait_than_there_is_room_for() {
        let pictures = Arc::new(SharePictures::default());
        let _all = pictures.waiting.acquire_many(u32::try_from(WAITING_MAX).unwrap()).await.unwrap();
        let refused = pictures.get(|| look(1, &scene(None)), |_, _| Ok(vec![])).await;
        assert!(matches!(refused, Err(NoPicture::Refused(Problem::TooManyRequests))));
    }
}
