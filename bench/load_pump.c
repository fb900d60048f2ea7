/* Sends chat messages over WebSockets that are already open, and measures the time of the responses.
 *
 * load_run.py opens the sockets, signs them in, and hands them over by descriptor with a plan (load_plan.h). A message is
 * known by its id: the run's 24 characters, then a counter of 12 hexadecimal digits, together a valid UUIDv7. Any text
 * frame may name any number of ids, so batches and coalesced frames count exactly.
 *
 * Open loop: message N is due at start + N / rate, whatever the server does, and every latency counts from that instant.
 * Closed loop: a fixed number is outstanding. A message is complete when its sender has the acknowledgement and every
 * expected receiver has the entry. Only then is the next one sent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load_frames.h"
#include "load_plan.h"

enum { SCRATCH = 1 << 20, EVENTS = 512, CODES = 16, CODE_SIZE = 48, OUT_LIMIT = 4 << 20 };
static const int64_t SECOND = 1000000000;
static const int64_t RETRY_AFTER = 100000000; /* closed loop: a refused slot rests for 0.1 s */

struct buffer { char *bytes; size_t used, room; };
struct connection { struct peer *peer; struct buffer in, out; int open, dirty, want, waiting_to_write; };
struct message { int64_t intended; uint64_t seen; uint8_t deliveries, acked, refused; uint16_t sender; };
struct samples { int64_t *values; size_t used, room; };
struct counted { char name[CODE_SIZE]; long count; };
struct retry { int64_t at; int connection; };

static struct plan plan;
static struct connection *connections;
static struct message *messages;
static size_t message_count, message_room;
static struct samples ack_times, operator_times, lags;
static struct counted refusals[CODES], closes[CODES];
static struct retry *retries;
static size_t retry_first, retry_last, retry_room;
static int *dirty, dirty_count, *senders, sender_count, next_sender, poller;
static int64_t start, window_from, window_to;
static long acked, refused, complete, deliveries, duplicates, own_entries, unsent, strangers;
static long window_acked, window_complete, window_operator;
static char scratch[SCRATCH];

static int64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * SECOND + at.tv_nsec;
}

static void fail(const char *why) {
    fprintf(stderr, "load_pump: %s: %s\n", why, strerror(errno));
    exit(1);
}

static void append(struct buffer *buffer, const char *bytes, size_t size) {
    if (buffer->used + size > buffer->room) {
        buffer->room = (buffer->used + size) * 2;
        buffer->bytes = realloc(buffer->bytes, buffer->room);
        if (buffer->bytes == NULL) fail("out of memory");
    }
    memcpy(buffer->bytes + buffer->used, bytes, size);
    buffer->used += size;
}

static void sample(struct samples *samples, int64_t value) {
    if (samples->used == samples->room) {
        samples->room = samples->room ? samples->room * 2 : 65536;
        samples->values = realloc(samples->values, samples->room * sizeof(int64_t));
        if (samples->values == NULL) fail("out of memory");
    }
    samples->values[samples->used++] = value;
}

static void count_name(struct counted *table, const char *name, size_t size) {
    if (size >= CODE_SIZE) size = CODE_SIZE - 1;
    for (int i = 0; i < CODES; i++) {
        if (table[i].count == 0) memcpy(table[i].name, name, size);
        else if (strlen(table[i].name) != size || memcmp(table[i].name, name, size) != 0) continue;
        table[i].count++;
        return;
    }
}

static int in_window(int64_t at) { return at >= window_from && at < window_to; }

/* --- sending --- */

static void mark_dirty(int index) {
    if (connections[index].dirty) return;
    connections[index].dirty = 1;
    dirty[dirty_count++] = index;
}

static void write_out(int index) {
    struct connection *connection = &connections[index];
    struct buffer *out = &connection->out;
    if (!connection->open || out->used == 0) return;
    ssize_t written = send(connection->peer->fd, out->bytes, out->used, MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN) {
        connection->open = 0;
        count_name(closes, "broken", 6);
        return;
    }
    if (written > 0) {
        out->used -= (size_t)written;
        memmove(out->bytes, out->bytes + written, out->used);
    }
    int waits = out->used > 0;
    if (waits == connection->waiting_to_write) return;
    connection->waiting_to_write = waits;
    struct epoll_event event = {.events = EPOLLIN | (waits ? EPOLLOUT : 0), .data.u32 = (uint32_t)index};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, connection->peer->fd, &event) != 0) fail("epoll_ctl");
}

static void send_message(int index, int64_t intended, int64_t at) {
    struct connection *connection = &connections[index];
    if (!connection->open || connection->out.used > OUT_LIMIT) {
        unsent++;
        return;
    }
    if (message_count == message_room) {
        message_room = message_room ? message_room * 2 : 1 << 18;
        messages = realloc(messages, message_room * sizeof *messages);
        if (messages == NULL) fail("out of memory");
    }
    char id[ID_SIZE + 1], head[MAX_CLIENT_HEADER];
    snprintf(id, sizeof id, "%s%012zx", plan.run, message_count);
    messages[message_count++] = (struct message){.intended = intended, .sender = (uint16_t)index};
    if (in_window(intended)) sample(&lags, at - intended);
    size_t before = strlen(connection->peer->prefix), after = strlen(connection->peer->suffix);
    append(&connection->out, head, frame_head(head, OP_TEXT, before + ID_SIZE + after));
    append(&connection->out, connection->peer->prefix, before);
    append(&connection->out, id, ID_SIZE);
    append(&connection->out, connection->peer->suffix, after);
    mark_dirty(index);
}

static void retry_later(int index, int64_t at) {
    if (retry_last == retry_room) {
        retry_room = retry_room ? retry_room * 2 : 4096;
        retries = realloc(retries, retry_room * sizeof *retries);
        if (retries == NULL) fail("out of memory");
    }
    retries[retry_last++] = (struct retry){.at = at + RETRY_AFTER, .connection = index};
}

/* Queues everything that is due and returns the instant at which the next message is. */
static int64_t send_due(int64_t at) {
    if (!plan.closed_loop) {
        int64_t due;
        while ((due = start + (int64_t)((double)(message_count + (size_t)unsent) * 1e9 / plan.rate)) <= at && due < window_to) {
            send_message(senders[next_sender], due, at);
            next_sender = (next_sender + 1) % sender_count;
        }
        return due;
    }
    while (retry_first < retry_last && retries[retry_first].at <= at) connections[retries[retry_first++].connection].want++;
    for (int i = 0; i < sender_count; i++) {
        struct connection *connection = &connections[senders[i]];
        for (; connection->want > 0; connection->want--)
            if (at < window_to) send_message(senders[i], at, at);
    }
    return retry_first < retry_last ? retries[retry_first].at : at + SECOND / 20;
}

static void flush_dirty(void) {
    for (int i = 0; i < dirty_count; i++) {
        connections[dirty[i]].dirty = 0;
        write_out(dirty[i]);
    }
    dirty_count = 0;
}

/* --- receiving --- */

static void complete_if_done(struct message *message, int64_t at) {
    if (!message->acked || message->deliveries < plan.expect) return;
    complete++;
    if (in_window(at)) window_complete++;
    if (plan.closed_loop) connections[message->sender].want++;
}

static void on_ack(struct message *message, int64_t at) {
    if (message->acked) return;
    message->acked = 1;
    acked++;
    if (in_window(at)) window_acked++;
    if (in_window(message->intended)) sample(&ack_times, at - message->intended);
    complete_if_done(message, at);
}

static void on_refusal(struct message *message, const char *payload, size_t size, int64_t at) {
    static const char key[] = "\"code\":\"";
    const char *code = memmem(payload, size, key, sizeof key - 1);
    if (code != NULL) {
        code += sizeof key - 1;
        const char *quote = memchr(code, '"', size - (size_t)(code - payload));
        count_name(refusals, code, quote ? (size_t)(quote - code) : 0);
    } else {
        count_name(refusals, "without code", 12);
    }
    if (message == NULL || message->refused || message->acked) return;
    message->refused = 1;
    refused++;
    if (plan.closed_loop) retry_later(message->sender, at);
}

static void on_entry(struct message *message, struct peer *peer, int64_t at) {
    if (peer->role == SENDER) {
        own_entries++;
        return;
    }
    uint64_t bit = peer->role == TAB ? UINT64_C(1) << 63 : UINT64_C(1) << (peer->index % 63);
    if (message->seen & bit) {
        duplicates++;
        return;
    }
    message->seen |= bit;
    message->deliveries++;
    deliveries++;
    if (peer->role == OPERATOR) {
        if (in_window(at)) window_operator++;
        if (in_window(message->intended)) sample(&operator_times, at - message->intended);
    }
    complete_if_done(message, at);
}

static int starts_with(const char *payload, size_t size, const char *marker) {
    size_t length = strlen(marker);
    return size >= length && memcmp(payload, marker, length) == 0;
}

static struct message *next_named(const char **at, const char *end) {
    for (const char *found; (found = memmem(*at, (size_t)(end - *at), plan.run, RUN_PREFIX)) != NULL;) {
        *at = found + RUN_PREFIX;
        if (end - *at < RUN_COUNTER) return NULL;
        char digits[RUN_COUNTER + 1] = {0};
        memcpy(digits, *at, RUN_COUNTER);
        size_t number = strtoull(digits, NULL, 16);
        if (number < message_count) return &messages[number];
        strangers++;
    }
    return NULL;
}

static void on_text(struct connection *connection, const char *payload, size_t size, int64_t at) {
    const char *cursor = payload, *end = payload + size;
    struct message *message;
    if (starts_with(payload, size, plan.ack)) {
        while ((message = next_named(&cursor, end)) != NULL) on_ack(message, at);
    } else if (starts_with(payload, size, plan.entry)) {
        while ((message = next_named(&cursor, end)) != NULL) on_entry(message, connection->peer, at);
    } else if (starts_with(payload, size, plan.refuse)) {
        on_refusal(next_named(&cursor, end), payload, size, at);
    }
}

static void on_close(struct connection *connection, const char *payload, size_t size) {
    char code[16];
    int number = size >= 2 ? (uint8_t)payload[0] << 8 | (uint8_t)payload[1] : 1005;
    int length = snprintf(code, sizeof code, "%d", number);
    if (connection->open) count_name(closes, code, (size_t)length);
    connection->open = 0;
    epoll_ctl(poller, EPOLL_CTL_DEL, connection->peer->fd, NULL);
}

static void on_frame(int index, struct frame *frame, int64_t at) {
    struct connection *connection = &connections[index];
    if (frame->opcode == OP_TEXT && frame->final) {
        on_text(connection, frame->payload, frame->size, at);
    } else if (frame->opcode == OP_CLOSE) {
        on_close(connection, frame->payload, frame->size);
    } else if (frame->opcode == OP_PING) {
        char head[MAX_CLIENT_HEADER];
        append(&connection->out, head, frame_head(head, OP_PONG, frame->size));
        append(&connection->out, frame->payload, frame->size);
        mark_dirty(index);
    } else if (frame->opcode != OP_PONG) {
        errno = EPROTO;
        fail("a fragmented or binary frame, which no server here should send");
    }
}

static void read_in(int index) {
    struct connection *connection = &connections[index];
    size_t kept = connection->in.used;
    if (kept >= SCRATCH) fail("a frame over 1 MiB");
    if (kept > 0) memcpy(scratch, connection->in.bytes, kept);
    ssize_t got = recv(connection->peer->fd, scratch + kept, SCRATCH - kept, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        on_close(connection, "\x03\xee", 2); /* 1006: gone without a close frame */
        return;
    }
    int64_t at = now();
    size_t used = 0, available = kept + (size_t)got, taken;
    struct frame frame;
    while ((taken = frame_read(scratch + used, available - used, &frame)) > 0) {
        on_frame(index, &frame, at);
        used += taken;
    }
    connection->in.used = 0;
    if (used < available) append(&connection->in, scratch + used, available - used);
}

/* --- the run --- */

static void prepare(void) {
    poller = epoll_create1(0);
    connections = calloc((size_t)plan.peer_count, sizeof *connections);
    dirty = calloc((size_t)plan.peer_count, sizeof(int));
    senders = calloc((size_t)plan.peer_count, sizeof(int));
    for (int i = 0; i < plan.peer_count; i++) {
        struct peer *peer = &plan.peers[i];
        connections[i].peer = peer;
        connections[i].open = 1;
        if (peer->role == SENDER) senders[sender_count++] = i;
        fcntl(peer->fd, F_SETFL, fcntl(peer->fd, F_GETFL) | O_NONBLOCK);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, peer->fd, &event) != 0) fail("epoll_ctl");
    }
    if (sender_count == 0) plan_fail("no sender", "plan");
    for (int i = 0; i < plan.outstanding; i++) connections[senders[i % sender_count]].want++;
    prctl(PR_SET_TIMERSLACK, 1UL); /* the default of 50 us would show in every latency */
    start = now();
    window_from = start + (int64_t)(plan.warm * 1e9);
    window_to = window_from + (int64_t)(plan.seconds * 1e9);
}

static int all_resolved(void) { return complete + refused >= (long)message_count; }

static void run(void) {
    struct epoll_event events[EVENTS];
    int64_t give_up = window_to + (int64_t)(plan.drain * 1e9);
    for (int64_t at = now(); at < give_up && !(at >= window_to && all_resolved()); at = now()) {
        int64_t next = send_due(at);
        flush_dirty();
        int64_t rest = next - now();
        if (at >= window_to || rest > SECOND / 20) rest = SECOND / 20;
        if (rest < 0) rest = 0;
        struct timespec timeout = {.tv_sec = 0, .tv_nsec = rest};
        int ready = epoll_pwait2(poller, events, EVENTS, &timeout, NULL);
        if (ready < 0 && errno != EINTR) fail("epoll_pwait2");
        for (int i = 0; i < ready; i++) {
            if (events[i].events & EPOLLOUT) write_out((int)events[i].data.u32);
            if (events[i].events & ~(uint32_t)EPOLLOUT) read_in((int)events[i].data.u32);
        }
    }
}

#include "load_report.h"

int main(int count, char **arguments) {
    if (count != 2) plan_fail("usage", "load_pump PLAN");
    plan = plan_read(arguments[1]);
    prepare();
    run();
    report();
    return 0;
}
