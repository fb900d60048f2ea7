/* The plan of a run, as load_run.py writes it: one word and its value a line. Any fault in it ends the program. */
#ifndef LOAD_PLAN_H
#define LOAD_PLAN_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_PREFIX = 24, RUN_COUNTER = 12, ID_SIZE = RUN_PREFIX + RUN_COUNTER };

enum role { SENDER, TAB, OPERATOR };

struct peer {
    int fd;
    enum role role;
    int index;
    char *prefix, *suffix;
};

struct plan {
    int closed_loop;
    double rate, warm, seconds, drain;
    int outstanding, expect;
    char run[RUN_PREFIX + 1];
    char *ack, *entry, *refuse, *acked_path;
    struct peer *peers;
    int peer_count;
};

static void plan_fail(const char *why, const char *line) {
    fprintf(stderr, "load_pump: %s: %s\n", why, line);
    exit(2);
}

static void plan_add_peer(struct plan *plan, enum role role, char *value) {
    plan->peers = realloc(plan->peers, sizeof(struct peer) * (size_t)(plan->peer_count + 1));
    struct peer *peer = &plan->peers[plan->peer_count++];
    memset(peer, 0, sizeof *peer);
    peer->role = role;
    char *rest = NULL;
    peer->fd = (int)strtol(value, &rest, 10);
    if (role != SENDER) {
        peer->index = (int)strtol(rest, NULL, 10);
        return;
    }
    char *tab = strchr(rest, '\t');
    if (*rest != ' ' || tab == NULL) plan_fail("sender without prefix and suffix", value);
    *tab = '\0';
    peer->prefix = strdup(rest + 1);
    peer->suffix = strdup(tab + 1);
}

static void plan_take(struct plan *plan, const char *word, char *value) {
    if (!strcmp(word, "mode")) plan->closed_loop = !strcmp(value, "closed");
    else if (!strcmp(word, "rate")) plan->rate = atof(value);
    else if (!strcmp(word, "outstanding")) plan->outstanding = atoi(value);
    else if (!strcmp(word, "warm")) plan->warm = atof(value);
    else if (!strcmp(word, "seconds")) plan->seconds = atof(value);
    else if (!strcmp(word, "drain")) plan->drain = atof(value);
    else if (!strcmp(word, "expect")) plan->expect = atoi(value);
    else if (!strcmp(word, "run") && strlen(value) == RUN_PREFIX) strcpy(plan->run, value);
    else if (!strcmp(word, "ack")) plan->ack = strdup(value);
    else if (!strcmp(word, "entry")) plan->entry = strdup(value);
    else if (!strcmp(word, "refuse")) plan->refuse = strdup(value);
    else if (!strcmp(word, "acked")) plan->acked_path = strdup(value);
    else if (!strcmp(word, "sender")) plan_add_peer(plan, SENDER, value);
    else if (!strcmp(word, "tab")) plan_add_peer(plan, TAB, value);
    else if (!strcmp(word, "operator")) plan_add_peer(plan, OPERATOR, value);
    else plan_fail("unknown word or wrong value", word);
}

static struct plan plan_read(const char *path) {
    struct plan plan = {0};
    FILE *file = fopen(path, "r");
    if (file == NULL) plan_fail("cannot open", path);
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *space = strchr(line, ' ');
        if (space == NULL) plan_fail("no value", line);
        *space = '\0';
        plan_take(&plan, line, space + 1);
    }
    free(line);
    fclose(file);
    if (!plan.ack || !plan.entry || !plan.refuse || !plan.acked_path || !plan.run[0]) plan_fail("incomplete", path);
    return plan;
}

#endif
