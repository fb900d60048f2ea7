/* RFC 6455 as a load generator needs it: whole server frames in, masked client frames out.
 *
 * The mask key is zero: allowed by the RFC as a value, and it saves the generator a pass over each payload.
 */
#ifndef LOAD_FRAMES_H
#define LOAD_FRAMES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { OP_TEXT = 1, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10, MAX_CLIENT_HEADER = 8 };

struct frame {
    int opcode;
    int final;
    const char *payload;
    size_t size;
};

/* Returns the bytes that the first frame takes, or 0 while it is not complete. Payloads over 4 GiB are not expected. */
static size_t frame_read(const char *bytes, size_t available, struct frame *frame) {
    const uint8_t *head = (const uint8_t *)bytes;
    size_t header = 2;
    if (available < header) return 0;
    size_t size = head[1] & 0x7f;
    if (size == 126) header = 4;
    if (size == 127) header = 10;
    if (available < header) return 0;
    if (header == 4) size = (size_t)head[2] << 8 | head[3];
    if (header == 10) size = (size_t)head[6] << 24 | (size_t)head[7] << 16 | (size_t)head[8] << 8 | head[9];
    if (available < header + size) return 0;
    frame->final = head[0] >> 7;
    frame->opcode = head[0] & 0x0f;
    frame->payload = bytes + header;
    frame->size = size;
    return header + size;
}

/* Writes a client's header for a payload under 64 KiB and returns its length. */
static size_t frame_head(char *out, int opcode, size_t size) {
    size_t used = 0;
    out[used++] = (char)(0x80 | opcode);
    if (size < 126) {
        out[used++] = (char)(0x80 | size);
    } else {
        out[used++] = (char)(0x80 | 126);
        out[used++] = (char)(size >> 8);
        out[used++] = (char)(size & 0xff);
    }
    memset(out + used, 0, 4);
    return used + 4;
}

#endif
