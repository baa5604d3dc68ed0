/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Files that appear whole or not at all. Each case runs on both ways of writing aside: files without a name, and hidden
 * ones as on file systems that have none without (the linker's --wrap stands in for those). */

#include "scratch.h"

#include "output/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int old_file_system; /* 1: no unnamed files, no renaming without replacing */

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode) {
    if (old_file_system && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_open(path, flags, mode);
}

int __real_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    if (old_file_system) {
        errno = EINVAL;
        return -1;
    }
    return __real_renameat2(from_folder, from, to_folder, to, flags);
}

static int with_names(void **state) {
    (void)state;
    old_file_system = 0;
    return 0;
}

static int without_names(void **state) {
    (void)state;
    old_file_system = 1;
    return 0;
}

static void appears_at_commit(void **state) {
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "a.txt");
    lp_output_file *file;

    (void)state;
    assert_ok(lp_output_file_open(&file, path, NULL, error));
    assert_ok(lp_output_file_write(file, "whole", 5, error));
    assert_ok(lp_output_file_flush(file, error));
    assert_int_not_equal(access(path, F_OK), 0);
    if (!old_file_system)
        assert_int_equal(scratch_entries(folder), 0); /* a killed process leaves nothing */
    assert_ok(lp_output_file_commit(&file, error));
    assert_null(file);
    scratch_expect(path, "whole");
    assert_int_equal(scratch_entries(folder), 1);

    struct stat status;
    const mode_t mask = umask(022);
    umask(mask);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0666 & ~mask);
    scratch_remove(folder);
}

static void replaces_whole(void **state) {
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "a.txt");
    const char *const link = scratch_path(folder, "link");
    lp_output_file *file;
    struct stat status;

    (void)state;
    scratch_write(path, "the old one, which is longer");
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(symlink("a.txt", link), 0);
    assert_ok(lp_output_file_open(&file, link, NULL, error));
    assert_true(fputs("new", lp_output_file_stream(file)) >= 0);
    scratch_expect(path, "the old one, which is longer");
    assert_ok(lp_output_file_commit(&file, error));
    scratch_expect(path, "new");
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(scratch_entries(folder), 2);
    scratch_remove(folder);
}

static void abort_leaves_nothing(void **state) {
    const char *const folder = scratch_folder(), *const old = scratch_path(folder, "old");
    lp_output_file *file;

    (void)state;
    scratch_write(old, "old");
    assert_ok(lp_output_file_open(&file, old, NULL, error));
    assert_ok(lp_output_file_write(file, "new", 3, error));
    lp_output_file_abort(&file);
    assert_null(file);
    lp_output_file_abort(&file);
    assert_ok(lp_output_file_open(&file, scratch_path(folder, "other"), NULL, error));
    lp_output_file_abort(&file);
    scratch_expect(old, "old");
    assert_int_equal(scratch_entries(folder), 1);
    scratch_remove(folder);
}

static void a_killed_process_leaves_nothing(void **state) {
    const char *const folder = scratch_folder();
    int status;

    (void)state;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        lp_output_file *file;
        if (lp_output_file_open(&file, scratch_path(folder, "a"), NULL, NULL) != LIGHTPOSE_OK)
            _exit(1);
        fputs("half", lp_output_file_stream(file));
        fflush(lp_output_file_stream(file));
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(scratch_entries(folder), 0);
    scratch_remove(folder);
}

static void partial_until_it_is_whole(void **state) {
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "a.txt");
    const char *const partial = scratch_path(folder, "a.txt.partial");
    lp_output_file *file, *second;

    (void)state;
    scratch_write(path, "the old one");
    assert_ok(lp_output_file_open_partial(&file, path, 0, NULL, error));
    assert_ok(lp_output_file_write(file, "one", 3, error));
    assert_ok(lp_output_file_flush(file, error));
    assert_int_equal(lp_output_file_size(file), 3);
    scratch_expect(partial, "one"); /* it can be read as it grows */
    scratch_expect(path, "the old one");
    assert_fails(lp_output_file_open_partial(&second, path, 0, NULL, error), LIGHTPOSE_ERROR_FILE, "another run");
    scratch_expect(partial, "one");
    assert_ok(lp_output_file_write(file, "lost", 4, error)); /* never handed on */
    lp_output_file_abort(&file);
    scratch_expect(partial, "one");

    assert_ok(lp_output_file_open_partial(&file, path, 2, NULL, error)); /* goes on behind "on" */
    assert_ok(lp_output_file_write(file, "ward", 4, error));
    assert_ok(lp_output_file_leave(&file, error));
    scratch_expect(partial, "onward");
    assert_fails(lp_output_file_open_partial(&file, path, 7, NULL, error), LIGHTPOSE_ERROR_FILE, "fewer bytes");
    scratch_expect(partial, "onward");
    assert_ok(lp_output_file_open_partial(&file, path, 6, NULL, error));
    assert_ok(lp_output_file_write(file, "s", 1, error));
    assert_ok(lp_output_file_commit(&file, error));
    scratch_expect(path, "onwards");
    assert_int_equal(scratch_entries(folder), 1);

    assert_ok(lp_output_file_open_partial(&file, path, 0, NULL, error)); /* what holds nothing leaves nothing */
    lp_output_file_abort(&file);
    assert_ok(lp_output_file_open_partial(&file, path, 0, NULL, error));
    assert_ok(lp_output_file_write(file, "x", 1, error));
    lp_output_file_discard(&file);
    scratch_expect(path, "onwards");
    assert_int_equal(scratch_entries(folder), 1);
    scratch_remove(folder);
}

/* An input may be called as the partial file would be. */
static void partial_inputs_are_safe(void **state) {
    const char *const folder = scratch_folder(), *const input = scratch_path(folder, "a.mp4.partial");
    lp_output_guard *guard;
    lp_output_file *file;

    (void)state;
    scratch_write(input, "precious");
    assert_ok(lp_output_guard_create(&guard, 0, error));
    assert_ok(lp_output_guard_input(guard, input, error));
    assert_fails(lp_output_file_open_partial(&file, scratch_path(folder, "a.mp4"), 0, guard, error),
                 LIGHTPOSE_ERROR_ARGUMENT, "is an input");
    scratch_expect(input, "precious");
    lp_output_guard_destroy(&guard);
    scratch_remove(folder);
}

static void no_clobber(void **state) {
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "a");
    lp_output_guard *guard;
    lp_output_file *file;

    (void)state;
    assert_ok(lp_output_guard_create(&guard, 1, error));
    assert_ok(lp_output_file_open(&file, path, guard, error));
    assert_ok(lp_output_file_write(file, "first", 5, error));
    assert_ok(lp_output_file_commit(&file, error));
    assert_fails(lp_output_file_open(&file, path, guard, error), LIGHTPOSE_ERROR_ARGUMENT, path);
    assert_null(file);

    /* And where somebody else is faster. */
    const char *const other = scratch_path(folder, "b");
    assert_ok(lp_output_file_open(&file, other, guard, error));
    assert_ok(lp_output_file_write(file, "ours", 4, error));
    scratch_write(other, "theirs");
    assert_fails(lp_output_file_commit(&file, error), LIGHTPOSE_ERROR_ARGUMENT, other);
    assert_null(file);
    scratch_expect(path, "first");
    scratch_expect(other, "theirs");
    assert_int_equal(scratch_entries(folder), 2);
    lp_output_guard_destroy(&guard);
    scratch_remove(folder);
}

static void inputs_are_safe(void **state) {
    const char *const folder = scratch_folder(), *const input = scratch_path(folder, "input");
    const char *const hard = scratch_path(folder, "hard"), *const soft = scratch_path(folder, "soft");
    lp_output_guard *guard;
    lp_output_file *file;

    (void)state;
    scratch_write(input, "precious");
    assert_int_equal(link(input, hard), 0);
    assert_int_equal(symlink("input", soft), 0);
    assert_ok(lp_output_guard_create(&guard, 0, error));
    assert_ok(lp_output_guard_input(guard, input, error));
    assert_ok(lp_output_guard_input(guard, input, error));
    assert_ok(lp_output_guard_input(guard, "rtsp://nowhere/", error));
    const char *const names[] = {input, hard, soft};
    for (int i = 0; i < 3; i++)
        assert_fails(lp_output_file_open(&file, names[i], guard, error), LIGHTPOSE_ERROR_ARGUMENT, "is an input");
    scratch_expect(input, "precious");
    assert_ok(lp_output_file_open(&file, scratch_path(folder, "other"), guard, error));
    assert_ok(lp_output_file_commit(&file, error));
    lp_output_guard_destroy(&guard);
    scratch_remove(folder);
}

static void refuses_what_cannot_be(void **state) {
    const char *const folder = scratch_folder(), *const plain = scratch_path(folder, "plain");
    lp_output_file *file;
    char longest[300];

    (void)state;
    scratch_write(plain, "");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const struct {
        const char *path, *words;
    } cases[] = {
        {folder, "Is a directory"},
        {scratch_path(folder, "none/a"), "No such file or directory"},
        {scratch_path(folder, "plain/a"), "Not a directory"},
        {scratch_path(folder, "new/"), "Is a directory"},
        {scratch_path(folder, longest), "File name too long"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_fails(lp_output_file_open(&file, cases[i].path, NULL, error), LIGHTPOSE_ERROR_FILE, cases[i].words);
        assert_fails(lp_output_file_open(&file, cases[i].path, NULL, error), LIGHTPOSE_ERROR_FILE,
                     i == 4 ? "xxx" : cases[i].path);
        assert_null(file);
    }
    assert_fails(lp_output_file_open(&file, "", NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "empty");
    assert_fails(lp_output_make_folder(scratch_path(folder, "plain/a"), error), LIGHTPOSE_ERROR_FILE, "plain/a");
    assert_int_equal(scratch_entries(folder), 1);
    assert_ok(lp_output_make_folder(scratch_path(folder, "a/b//c/"), error));
    assert_ok(lp_output_make_folder(scratch_path(folder, "a/b/c"), error));
    assert_int_equal(scratch_entries(scratch_path(folder, "a/b/c")), 0);

    /* The longest name that a file may have also leaves room to write it aside. */
    longest[255] = '\0';
    assert_ok(lp_output_file_open(&file, scratch_path(folder, longest), NULL, error));
    assert_ok(lp_output_file_commit(&file, error));
    const int before = scratch_entries(folder);
    assert_ok(lp_output_file_open_partial(&file, scratch_path(folder, longest), 0, NULL, error));
    assert_int_equal(scratch_entries(folder), before + 1);
    assert_ok(lp_output_file_commit(&file, error));
    assert_int_equal(scratch_entries(folder), before);
    scratch_remove(folder);
}

/* As another user where we are root, whom no permission stops. */
static void unwritable(void **state) {
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "a");
    const char *const plain = scratch_path(folder, "plain");
    int status;

    (void)state;
    scratch_write(plain, "kept");
    assert_int_equal(chmod(plain, 0444), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        lightpose_error error = {0}, second = {0};
        lp_output_file *file;
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(77);
        if (lp_output_file_open(&file, plain, NULL, &error) != LIGHTPOSE_ERROR_FILE || !strstr(error.text, plain))
            _exit(1);
        if (lp_output_file_open(&file, "/proc/a", NULL, &second) != LIGHTPOSE_ERROR_FILE)
            _exit(2);
        if (chdir(folder) == 0 && lp_output_file_open(&file, path, NULL, NULL) == LIGHTPOSE_OK) {
            lp_output_file_abort(&file);
            _exit(0);
        }
        _exit(3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);

    assert_int_equal(chmod(folder, 0555), 0);
    const pid_t second = fork();
    assert_true(second >= 0);
    if (second == 0) {
        lightpose_error error = {0};
        lp_output_file *file;
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(77);
        const int refused = lp_output_file_open(&file, path, NULL, &error) == LIGHTPOSE_ERROR_FILE;
        _exit(!(refused && strstr(error.text, path) && strstr(error.text, "Permission denied")));
    }
    assert_int_equal(waitpid(second, &status, 0), second);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    scratch_expect(plain, "kept");
    assert_int_equal(scratch_entries(folder), 1);
    scratch_remove(folder);
}

static void devices_are_written_not_replaced(void **state) {
    const char *const folder = scratch_folder(), *const fifo = scratch_path(folder, "fifo");
    lp_output_file *file;
    struct stat status;
    char got[8] = "";

    (void)state;
    assert_ok(lp_output_file_open(&file, "/dev/null", NULL, error));
    assert_ok(lp_output_file_write(file, "x", 1, error));
    assert_ok(lp_output_file_commit(&file, error));
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));

    assert_ok(lp_output_file_open(&file, "/dev/full", NULL, error));
    assert_ok(lp_output_file_write(file, "x", 1, error));
    assert_fails(lp_output_file_commit(&file, error), LIGHTPOSE_ERROR_FILE, "No space left on device");

    assert_int_equal(mkfifo(fifo, 0600), 0);
    const int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_ok(lp_output_file_open(&file, fifo, NULL, error));
    assert_ok(lp_output_file_write(file, "line\n", 5, error));
    assert_ok(lp_output_file_commit(&file, error));
    assert_int_equal(read(reader, got, sizeof got), 5);
    assert_string_equal(got, "line\n");
    close(reader);
    scratch_remove(folder);
}

static void standard_output(void **state) {
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "out");
    lp_output_file *file;

    (void)state;
    fflush(stdout);
    const int saved = dup(STDOUT_FILENO), target = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(saved >= 0 && target >= 0);
    dup2(target, STDOUT_FILENO);
    const lightpose_status opened = lp_output_file_open(&file, "-", NULL, NULL);
    const lightpose_status written =
        opened == LIGHTPOSE_OK ? lp_output_file_write(file, "text\n", 5, NULL) : LIGHTPOSE_ERROR_FILE;
    const lightpose_status committed = opened == LIGHTPOSE_OK ? lp_output_file_commit(&file, NULL) : opened;
    dup2(saved, STDOUT_FILENO); /* still open: only a copy was closed */
    close(saved);
    close(target);
    assert_int_equal(opened, LIGHTPOSE_OK);
    assert_int_equal(written, LIGHTPOSE_OK);
    assert_int_equal(committed, LIGHTPOSE_OK);
    scratch_expect(path, "text\n");
    scratch_remove(folder);
}

static void a_full_disk_leaves_nothing(void **state) {
    const char *const folder = scratch_folder(), *const old = scratch_path(folder, "old");
    static char block[4096];
    lp_output_file *file;
    lightpose_status status = LIGHTPOSE_OK;
    lightpose_error detail = {0};

    (void)state;
    if (mount("tmpfs", folder, "tmpfs", 0, "size=64k,mode=777") != 0) {
        scratch_remove(folder);
        print_message("# a small file system cannot be mounted here: only root can\n");
        skip();
    }
    scratch_write(old, "old");
    memset(block, 'x', sizeof block);
    assert_ok(lp_output_file_open(&file, old, NULL, error));
    for (int i = 0; i < 32 && status == LIGHTPOSE_OK; i++)
        status = lp_output_file_write(file, block, sizeof block, &detail);
    const lightpose_status committed = lp_output_file_commit(&file, &detail);
    char *const kept = scratch_read(old, NULL);
    const int entries = scratch_entries(folder);

    /* What fills the disk only with its last bytes fails at commit. */
    lightpose_error late = {0};
    const lightpose_status opened = lp_output_file_open(&file, scratch_path(folder, "late"), NULL, &late);
    if (opened == LIGHTPOSE_OK) {
        for (int i = 0; i < 32; i++)
            fwrite(block, 1, sizeof block, lp_output_file_stream(file));
        status = lp_output_file_commit(&file, &late);
    }
    const int entries_late = scratch_entries(folder);
    assert_int_equal(umount(folder), 0);

    assert_int_equal(committed, LIGHTPOSE_ERROR_FILE);
    assert_non_null(strstr(detail.text, "No space left on device"));
    assert_non_null(strstr(detail.text, old));
    assert_string_equal(kept, "old");
    assert_int_equal(entries, 1);
    assert_int_equal(opened, LIGHTPOSE_OK);
    assert_int_equal(status, LIGHTPOSE_ERROR_FILE);
    assert_int_equal(entries_late, 1);
    free(kept);
    scratch_remove(folder);
}

#define both(test) cmocka_unit_test_setup(test, with_names), cmocka_unit_test_setup(test, without_names)

int main(void) {
    const struct CMUnitTest tests[] = {
        both(appears_at_commit),
        both(replaces_whole),
        both(abort_leaves_nothing),
        cmocka_unit_test_setup(a_killed_process_leaves_nothing, with_names),
        both(partial_until_it_is_whole),
        both(partial_inputs_are_safe),
        both(no_clobber),
        both(inputs_are_safe),
        both(refuses_what_cannot_be),
        both(unwritable),
        both(a_full_disk_leaves_nothing),
        cmocka_unit_test_setup(devices_are_written_not_replaced, with_names),
        cmocka_unit_test_setup(standard_output, with_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
