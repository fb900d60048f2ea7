/* The end of load_pump.c: what was counted, as one line of JSON, and the acknowledged counters as a file of uint32. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

static int by_value(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Nearest rank, in milliseconds; 0 when there is no sample. */
static double percentile(const struct samples *sorted, double share) {
    if (sorted->used == 0) return 0;
    size_t rank = (size_t)(share * (double)(sorted->used - 1) + 0.5);
    return (double)sorted->values[rank] / 1e6;
}

static void print_samples(const char *name, struct samples *samples) {
    if (samples->used > 0) qsort(samples->values, samples->used, sizeof(int64_t), by_value);
    printf("\"%s\":{\"count\":%zu,\"p50\":%.4f,\"p90\":%.4f,\"p99\":%.4f,\"max\":%.4f},", name, samples->used,
           percentile(samples, 0.5), percentile(samples, 0.9), percentile(samples, 0.99), percentile(samples, 1.0));
}

static void print_counted(const char *name, const struct counted *table) {
    printf("\"%s\":{", name);
    for (int i = 0; i < CODES && table[i].count > 0; i++)
        printf("%s\"%s\":%ld", i ? "," : "", table[i].name, table[i].count);
    printf("},");
}

static void write_acked(void) {
    FILE *file = fopen(plan.acked_path, "wb");
    if (file == NULL) fail(plan.acked_path);
    for (uint32_t number = 0; number < message_count; number++)
        if (messages[number].acked && fwrite(&number, sizeof number, 1, file) != 1) fail(plan.acked_path);
    if (fclose(file) != 0) fail(plan.acked_path);
}

static void report(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    double wall = (double)(now() - start) / 1e9;
    write_acked();
    printf("{\"sent\":%zu,\"acked\":%ld,\"refused\":%ld,\"complete\":%ld,\"deliveries\":%ld,\"duplicates\":%ld,",
           message_count, acked, refused, complete, deliveries, duplicates);
    printf("\"own_entries\":%ld,\"unsent\":%ld,\"strangers\":%ld,", own_entries, unsent, strangers);
    printf("\"acked_per_second\":%.1f,\"complete_per_second\":%.1f,\"operator_per_second\":%.1f,",
           (double)window_acked / plan.seconds, (double)window_complete / plan.seconds,
           (double)window_operator / plan.seconds);
    print_samples("ack_ms", &ack_times);
    print_samples("operator_ms", &operator_times);
    print_samples("lag_ms", &lags);
    print_counted("refusals", refusals);
    print_counted("closes", closes);
    printf("\"pump_cpu_share\":%.3f,\"wall\":%.3f}\n", cpu / wall, wall);
}

#endif
