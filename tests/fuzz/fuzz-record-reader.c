/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a reader of archives that was taken over may send: records, or an error, and no end of text
 * beyond the limits. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"
#include "helpers/imad-gate/record-reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written again as it was. */
static void check_record(const Record *record, const uint8_t *data, size_t size)
{
        _cleanup_buffer_ Buffer records = { 0 };

        if (record->kind >= RECORD_MAX || strlen(record->text) >= RECORD_TEXT_MAX)
                abort();
        if (record_append(&records, record->kind, record->size, record->digest, record->text) < 0 ||
                        records.size > size || memcmp(records.data, data, records.size) != 0)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static Record record;
        _cleanup_close_ int fd = memfd_create("records", MFD_CLOEXEC);
        size_t begin = 0;

        if (fd < 0 || fs_write_all(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) < 0)
                abort();
        while (record_read(fd, &record) > 0) {
                check_record(&record, data + begin, size - begin);
                begin = (size_t) lseek(fd, 0, SEEK_CUR);
        }
        return 0;
}
