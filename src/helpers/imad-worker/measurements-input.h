/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the verbs about recorded measurement lists read: the list itself, and for verify the PCR
 * values, the event log and the certificates that it is compared with.
 */
#pragma once

#include "core/measurements/event-log.h"
#include "core/measurements/list.h"
#include "core/measurements/pcr-value.h"
#include "core/signature/certificate.h"
#include "helpers/imad-worker/worker.h"
#include "system/list-archive.h"

typedef struct MeasurementsInput {
        PcrValueList values;
        EventLog event_log;
        bool has_event_log;
        CertificateList certificates;
} MeasurementsInput;

void measurements_input_done(MeasurementsInput *input);

/*
 * Reads --pcr=, --pcrs=, --event-log= and --cert=. What is malformed fails the run with
 * EXIT_CODE_MALFORMED, a --pcr= with EXIT_CODE_USAGE.
 */
ExitCode measurements_input_load(Worker *worker, MeasurementsInput *input);

/*
 * What the running system has to be compared with, where no option named something else: the PCRs
 * of all allocated banks (none without a TPM), and the firmware's event log. One that does not
 * parse is a W420, for it is not the list's fault.
 */
ExitCode measurements_input_load_live(Worker *worker, MeasurementsInput *input);

/* Reads the PCRs of the TPM anew. */
ExitCode measurements_input_read_pcrs(Worker *worker, PcrValueList *values);

/*
 * The archive before a list. A list that does not begin as its archive is one that was trimmed, and
 * goes on where the archive ends.
 */
typedef struct MeasurementsArchive {
        char *path; /* NULL: there is none */
        uint64_t segments;
        uint64_t size;   /* of its entries */
        Digest last;     /* of the last file, as all was found good */
        bool is_in_list; /* the list begins as the archive */

        ListArchive read; /* how far it was read */
        bool ended;       /* to its end */
        Buffer entries;   /* of the segment at hand */
        size_t done;      /* of them */
} MeasurementsArchive;

/* An open list, and the archive before it. */
typedef struct MeasurementsFile {
        int fd;        /* -EBADF: there is an archive only */
        uint64_t size; /* 0: a file of the kernel */
        uint64_t done;
        char *chunk;
        MeasurementReader *reader;
        MeasurementsArchive archive;
} MeasurementsFile;

void measurements_file_done(MeasurementsFile *file);

/*
 * Opens --list=, which must be a file, and --archive=, one of which must be there. The archive is
 * read through to see whether it is good; that and the later reading hold one segment at a time.
 */
ExitCode measurements_file_open(Worker *worker, MeasurementsFile *file);

/* Begins the file anew, with a new reader. */
int measurements_file_rewind(MeasurementsFile *file);

/*
 * Feeds the next piece of the file to the reader. 1; 0 at the end, of which the reader is told;
 * -EBADMSG when the reader has failed, -ESTALE when the archive is not what it was when it was
 * opened.
 */
int measurements_file_read(Worker *worker, MeasurementsFile *file);
