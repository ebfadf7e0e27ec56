// What is promised: policies of one declaration share a source; a file that changes is another set
// with another version, a broken one changes nothing, and an address without an answer is no set.
#include "gateway/identity/key_sources.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>

#include "testing/jws_vectors.h"

namespace gatehouse {
namespace {

using namespace std::chrono_literals;
using testing::jwk_of;
using testing::kJwsVectors;

// What was logged, and a wait for it with a deadline.
class Told {
 public:
  void add(std::string_view line) {
    const std::lock_guard lock(mutex_);
    lines_.append(line).append("\n");
    changed_.notify_all();
  }
  bool waits_for(std::string_view words) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return lines_.find(words) != lines_.npos; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string lines_;
};

struct KeySourcesTest : ::testing::Test {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("gh-keys-" + std::to_string(::getpid()));
  Told told;
  KeySources sources{[this](std::string_view line) { told.add(line); }};

  KeySourcesTest() { std::filesystem::create_directories(folder); }
  ~KeySourcesTest() override { std::filesystem::remove_all(folder); }

  KeySourceSpec write(const std::string& text) {
    const std::string path = (folder / "jwks.json").string();
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    KeySourceSpec spec;
    spec.place.file.path = path;
    return spec;
  }
};

TEST_F(KeySourcesTest, shares_a_source_among_those_that_declare_the_same) {
  const KeySourceSpec spec = write(jwk_of(kJwsVectors[1]));
  const auto known = *KeySet::read(jwk_of(kJwsVectors[1]));
  const KeySources::Hold one = sources.open(spec, nullptr, known);
  const KeySources::Hold two = sources.open(spec, nullptr, nullptr);
  EXPECT_EQ(one.get(), two.get());
  EXPECT_EQ(one.get()->current().keys, known) << "at once, without waiting for the thread";
  KeySourceSpec other = spec;
  other.refresh_max = 2h;
  const KeySources::Hold three = sources.open(other, nullptr, known);
  EXPECT_NE(one.get(), three.get());
}

TEST_F(KeySourcesTest, takes_a_changed_file_and_keeps_the_last_good_one) {
  const KeySourceSpec spec = write(jwk_of(kJwsVectors[1]));
  const KeySources::Hold hold = sources.open(spec, nullptr, *KeySet::read(jwk_of(kJwsVectors[1])));
  KeySource& source = *hold.get();
  const std::uint64_t first = source.version();
  write("{ broken");
  ASSERT_TRUE(told.waits_for("the last good set stays in use"));
  EXPECT_EQ(source.version(), first);
  EXPECT_TRUE(sources.figures().at(0).is_failing);
  write(jwk_of(kJwsVectors[2], R"(,"kid":"new")"));
  ASSERT_TRUE(told.waits_for("1 in use"));
  EXPECT_NE(source.version(), first);
  EXPECT_EQ(source.current().keys->keys().at(0).kid, "new");
  EXPECT_FALSE(sources.figures().at(0).is_failing);
}

TEST_F(KeySourcesTest, says_so_when_an_address_has_no_answer) {
  KeySourceSpec spec;
  spec.place.host = "127.0.0.1";
  spec.place.port = 1;  // nobody listens there without being root, and nobody as root does
  spec.place.authority = "127.0.0.1:1";
  spec.place.target = "/";
  const KeySources::Hold hold = sources.open(spec, nullptr, nullptr);
  ASSERT_TRUE(told.waits_for("there is none yet, so that requests are refused"));
  EXPECT_EQ(hold.get()->version(), 0U);
  EXPECT_EQ(hold.get()->current().keys, nullptr);
}

}  // namespace
}  // namespace gatehouse
