// What is promised: the key is made once, private, and never silently replaced.
#include "base/installation_key.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gatehouse {
namespace {

namespace fs = std::filesystem;

struct InstallationKeyTest : ::testing::Test {
  InstallationKeyTest() {
    std::string pattern = (fs::temp_directory_path() / "key.XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    path = folder + "/hash.key";
  }
  ~InstallationKeyTest() override { fs::remove_all(folder); }
  std::string folder, path;
};

TEST_F(InstallationKeyTest, is_made_once_and_private) {
  const auto made = load_or_create_hash_key(path);
  ASSERT_TRUE(made);
  EXPECT_NE(made->bytes, HashKey{}.bytes);
  EXPECT_EQ(load_or_create_hash_key(path)->bytes, made->bytes);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

TEST_F(InstallationKeyTest, differs_between_installations) {
  EXPECT_NE(load_or_create_hash_key(path)->bytes, load_or_create_hash_key(folder + "/b")->bytes);
}

TEST_F(InstallationKeyTest, is_refused_when_others_may_read_it) {
  ASSERT_TRUE(load_or_create_hash_key(path));
  fs::permissions(path, fs::perms::group_read, fs::perm_options::add);
  const auto key = load_or_create_hash_key(path);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().what, "the key file " + path + " may be read by others");
  EXPECT_EQ(key.error().help, "run: chmod 600 " + path);
}

TEST_F(InstallationKeyTest, is_refused_and_kept_when_its_size_is_wrong) {
  for (const std::size_t bytes : {0U, 15U, 17U}) {
    std::ofstream(path, std::ios::binary) << std::string(bytes, 'k');
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    const auto key = load_or_create_hash_key(path);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().what,
              "the key file " + path + " has " + std::to_string(bytes) + " bytes, not 16");
    EXPECT_EQ(fs::file_size(path), bytes);
  }
}

TEST_F(InstallationKeyTest, says_what_keeps_it_from_being_made) {
  const auto key = load_or_create_hash_key(folder + "/no/such");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().what,
            "the key file " + folder + "/no/such can't be made: No such file or directory");
}

}  // namespace
}  // namespace gatehouse
