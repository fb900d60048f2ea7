/* The floor: a chat server that checks nothing and stores nothing, in C on epoll.
 *
 * It speaks the peers' protocol: a join, then for each message one acknowledgement, and one entry to every other member.
 * So the rate of the load generator against it is the generator's own limit. Sizes are fixed. Any error ends it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MEMBERS = 4096, ROOMS = 4096, ROOM_SIZE = 32, BUFFER = 1 << 16, EVENTS = 512, ID = 36 };

struct member { char bytes[BUFFER]; size_t used; int upgraded; };
static struct member *members[MEMBERS];
static int rooms[ROOMS][ROOM_SIZE], room_sizes[ROOMS];

static void end(const char *why) {
    fprintf(stderr, "floor_server: %s\n", why);
    exit(1);
}

static void send_all(int fd, const char *bytes, size_t size) {
    if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) end("a receiver that does not keep up");
}

static void send_text(int fd, const char *text, size_t size) {
    char frame[BUFFER];
    size_t head = size < 126 ? 2 : 4;
    frame[0] = (char)0x81;
    frame[1] = (char)(size < 126 ? size : 126);
    if (head == 4) frame[2] = (char)(size >> 8), frame[3] = (char)(size & 0xff);
    memcpy(frame + head, text, size);
    send_all(fd, frame, head + size);
}

/* Conversations are numbered in the last twelve digits of their id. */
static int room_of(const char *id) {
    char digits[13] = {0};
    memcpy(digits, id + 24, 12);
    int room = atoi(digits);
    if (room < 0 || room >= ROOMS) end("an unknown conversation");
    return room;
}

static void join(int fd, const char *payload, size_t size) {
    const char *at = payload, *stop = payload + size;
    while ((at = memmem(at, (size_t)(stop - at), "\"00000000-", 10)) != NULL) {
        int room = room_of(at + 1);
        if (room_sizes[room] == ROOM_SIZE) end("too many members");
        rooms[room][room_sizes[room]++] = fd;
        at += ID;
    }
    send_text(fd, "{\"op\":\"joined\"}", 15);
}

static void pass_on(int fd, const char *payload, size_t size) {
    static const char key[] = "\"conversation\":\"", id_key[] = "\"id\":\"";
    const char *conversation = memmem(payload, size, key, sizeof key - 1);
    const char *id = memmem(payload, size, id_key, sizeof id_key - 1);
    if (conversation == NULL || id == NULL) end("neither join nor send");
    int room = room_of(conversation + sizeof key - 1);
    char text[BUFFER];
    int length = snprintf(text, sizeof text, "{\"op\":\"ack\",\"id\":\"%.36s\",\"seq\":1}", id + sizeof id_key - 1);
    send_text(fd, text, (size_t)length);
    length = snprintf(text, sizeof text, "{\"op\":\"entries\",\"entries\":[%.*s]}", (int)size, payload);
    for (int i = 0; i < room_sizes[room]; i++)
        if (rooms[room][i] != fd) send_text(rooms[room][i], text, (size_t)length);
}

static size_t take_frame(int fd, struct member *member, size_t from) {
    unsigned char *head = (unsigned char *)member->bytes + from;
    size_t available = member->used - from, header = 6;
    if (available < 4) return 0;
    size_t size = head[1] & 0x7f;
    if (size == 127) end("a frame over 64 KiB");
    if (size == 126) size = (size_t)head[2] << 8 | head[3], header = 8;
    if (available < header + size) return 0;
    unsigned char *payload = head + header, *mask = payload - 4;
    for (size_t i = 0; i < size; i++) payload[i] ^= mask[i % 4];
    if (memmem(payload, size, "\"join\"", 6) != NULL) join(fd, (char *)payload, size);
    else pass_on(fd, (char *)payload, size);
    return header + size;
}

static void upgrade(int fd, struct member *member) {
    if (memmem(member->bytes, member->used, "\r\n\r\n", 4) == NULL) return;
    static const char yes[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    static const char well[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    member->upgraded = memmem(member->bytes, member->used, "Sec-WebSocket-Key", 17) != NULL;
    member->used = 0;
    if (member->upgraded) send_all(fd, yes, sizeof yes - 1);
    else send_all(fd, well, sizeof well - 1);
}

static void read_from(int fd) {
    struct member *member = members[fd];
    ssize_t got = recv(fd, member->bytes + member->used, BUFFER - member->used, 0);
    if (got <= 0) {
        for (int room = 0; room < ROOMS; room++) room_sizes[room] = 0; /* a run is over: all connections leave together */
        close(fd);
        return;
    }
    member->used += (size_t)got;
    if (!member->upgraded) return upgrade(fd, member);
    size_t used = 0, taken;
    while ((taken = take_frame(fd, member, used)) > 0) used += taken;
    member->used -= used;
    memmove(member->bytes, member->bytes + used, member->used);
}

static void welcome(int listener, int poller) {
    int fd = accept(listener, NULL, NULL), on = 1;
    if (fd < 0 || fd >= MEMBERS) end("too many connections");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (members[fd] == NULL) members[fd] = malloc(sizeof(struct member));
    members[fd]->used = 0;
    members[fd]->upgraded = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

int main(int count, char **arguments) {
    if (count != 3) end("usage: floor_server PORT DATABASE (the peers' arguments; nothing is kept)");
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, poller = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0) end("no port");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) welcome(listener, poller);
            else read_from(events[i].data.fd);
        }
    }
}
