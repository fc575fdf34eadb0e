//! Takes many records out of librdkafka with one call. rdkafka hands them out one by one, each through a lock and an event,
//! which takes longer than all that is done with a record here.
#![expect(unsafe_code, reason = "rdkafka has no safe way to take more than one record at a time")]

use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;

use rdkafka::bindings as native;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::types::RDKafkaErrorCode;
use voting_commons::UnixMillis;

/// The most records taken with one call.
pub const BATCH_RECORDS_MAX: usize = 2_000;

/// What librdkafka has read ahead of one partition.
pub struct PartitionQueue<C: ConsumerContext> {
    // Dropped in this order: the queue must not outlive its consumer.
    queue: Handle,
    _consumer: Arc<BaseConsumer<C>>,
}

/// A queue that was handed out, and is given back once.
struct Handle(NonNull<native::rd_kafka_queue_t>);

// SAFETY: librdkafka locks its queues, and whichever thread holds a handle may use it or give it back.
unsafe impl Send for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: it was handed out, and isn't used any more.
        unsafe { native::rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}

/// A record as librdkafka holds it.
pub struct RawRecord<'a> {
    /// Where it lies.
    pub offset: i64,
    /// Kafka's LogAppendTime; `None` when no broker stamped it.
    pub appended_at: Option<UnixMillis>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: Option<&'a [u8]>,
    message: &'a native::rd_kafka_message_t,
}

impl<'a> RawRecord<'a> {
    /// The value of its last header `name`. To find out, librdkafka makes a buffer and drops it again for each record, with headers or
    /// without: don't ask where the answer isn't wanted.
    pub fn header(&self, name: &CStr) -> Option<&'a [u8]> {
        let mut headers = ptr::null_mut();
        // SAFETY: the message is alive, and keeps what is parsed of it for as long as it lives.
        let error = unsafe { native::rd_kafka_message_headers(self.message, &raw mut headers) };
        if error != native::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        let (mut value, mut length) = (ptr::null(), 0);
        // SAFETY: there are headers, and the other pointers are valid for this call.
        let error =
            unsafe { native::rd_kafka_header_get_last(headers, name.as_ptr(), &raw mut value, &raw mut length) };
        if error != native::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        // SAFETY: pointer and length belong together, and the bytes live as long as the message.
        unsafe { bytes(value.cast(), length) }
    }
}

/// Has the partition's records go into a queue of its own from now on, and not into the one that the consumer hands out. Called
/// before the partition is assigned, so that none goes astray. May be called again.
pub fn keep_apart<C: ConsumerContext>(consumer: &BaseConsumer<C>, topic: &str, partition: i32) {
    // It stays apart without its handle.
    drop(split_off(consumer, topic, partition));
}

/// `None` where librdkafka doesn't know the partition. The handle must be given back before the consumer ends.
fn split_off<C: ConsumerContext>(consumer: &BaseConsumer<C>, topic: &str, partition: i32) -> Option<Handle> {
    let topic = CString::new(topic).ok()?;
    let client = consumer.client().native_ptr();
    // SAFETY: the client lives as long as `consumer`, and the name is copied.
    let queue = NonNull::new(unsafe { native::rd_kafka_queue_get_partition(client, topic.as_ptr(), partition) })?;
    // SAFETY: the queue was just handed out.
    unsafe { native::rd_kafka_queue_forward(queue.as_ptr(), ptr::null_mut()) };
    Some(Handle(queue))
}

impl<C: ConsumerContext> PartitionQueue<C> {
    /// The partition's queue, [kept apart](keep_apart). `None` where librdkafka doesn't know the partition.
    pub fn of(consumer: &Arc<BaseConsumer<C>>, topic: &str, partition: i32) -> Option<Self> {
        Some(Self { queue: split_off(consumer, topic, partition)?, _consumer: Arc::clone(consumer) })
    }

    /// Hands `take` what is there, up to [`BATCH_RECORDS_MAX`], in the log's order: records, and what went wrong between
    /// them. How many there were.
    pub fn drain(&self, mut take: impl FnMut(Result<RawRecord<'_>, RDKafkaErrorCode>)) -> usize {
        let mut batch = [ptr::null_mut(); BATCH_RECORDS_MAX];
        // SAFETY: the queue lives as long as its handle, and the array has room for as many as are asked for.
        let taken = unsafe {
            native::rd_kafka_consume_batch_queue(self.queue.0.as_ptr(), 0, batch.as_mut_ptr(), BATCH_RECORDS_MAX)
        };
        // -1 says that the queue can't be read, which is the same as nothing being there.
        let taken = usize::try_from(taken).unwrap_or(0);
        for &message in &batch[..taken] {
            // SAFETY: the first `taken` pointers are messages, each alive until it is destroyed here.
            unsafe {
                take(read(&*message));
                native::rd_kafka_message_destroy(message);
            }
        }
        taken
    }
}

/// # Safety
/// `message` must come from a consumer's queue and be alive.
unsafe fn read(message: &native::rd_kafka_message_t) -> Result<RawRecord<'_>, RDKafkaErrorCode> {
    if message.err != native::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
        return Err(message.err.into());
    }
    let mut kind = native::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    // SAFETY: both pointers are valid for this call.
    let millis = unsafe { native::rd_kafka_message_timestamp(message, &raw mut kind) };
    let is_brokers = kind == native::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
    Ok(RawRecord {
        offset: message.offset,
        appended_at: is_brokers.then_some(UnixMillis(millis)),
        // SAFETY: librdkafka's pointers and lengths belong together, and the bytes live as long as the message.
        key: unsafe { bytes(message.key.cast(), message.key_len) },
        // SAFETY: as above.
        value: unsafe { bytes(message.payload.cast(), message.len) },
        message,
    })
}

/// # Safety
/// `start` is null or points to `length` bytes that live for `'a`.
unsafe fn bytes<'a>(start: *const u8, length: usize) -> Option<&'a [u8]> {
    // SAFETY: as the caller says.
    (!start.is_null()).then(|| unsafe { slice::from_raw_parts(start, length) })
}
