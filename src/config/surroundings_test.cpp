// What is promised: of the machine only plain files up to a size are read, and each refusal says
// why.
#include "config/surroundings.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "config/load.h"

namespace gatehouse {
namespace {

struct OfThisMachine : ::testing::Test {
  std::filesystem::path folder;
  SystemSurroundings machine;

  OfThisMachine() {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~OfThisMachine() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    return (folder / name).string();
  }
};

TEST_F(OfThisMachine, reads_a_file_up_to_the_limit_and_not_one_byte_more) {
  const std::string path = write("a", "12345");
  EXPECT_EQ(machine.file(path, 5).value(), "12345");
  EXPECT_EQ(machine.file(path, 4).error().what, "has more than 4 bytes");
}

TEST_F(OfThisMachine, says_why_a_file_is_not_read) {
  EXPECT_EQ(machine.file((folder / "none").string(), 5).error().what, "does not exist");
  EXPECT_EQ(machine.file(write("a", "x") + "/b", 5).error().what, "does not exist");
  EXPECT_EQ(machine.file(folder.string(), 5).error().what, "is not a plain file");
}

TEST_F(OfThisMachine, does_not_wait_for_a_pipe) {
  const std::string path = (folder / "pipe").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(machine.file(path, 5).error().what, "is not a plain file");
}

TEST_F(OfThisMachine, gives_variables_that_are_set) {
  EXPECT_TRUE(machine.variable("PATH"));
  EXPECT_FALSE(machine.variable("GATEHOUSE_NOT_SET_BY_ANYONE"));
}

TEST_F(OfThisMachine, loads_a_config_and_a_secret_beside_it) {
  write("workers", "3\n");
  const std::string path = write("gatehouse.yaml",
                                 "gatehouse: 1\n"
                                 "listeners: [{ address: ':8080' }]\n"
                                 "workers: ${file:workers}\n");
  const ConfigLoad load = load_config(path);
  EXPECT_EQ(load.diagnostics.text(), "");
  ASSERT_TRUE(load.config);
  EXPECT_EQ(load.config->workers, 3U);
  EXPECT_EQ(load.config->files, std::vector<std::string>{path});
  EXPECT_EQ(load.config->store.path.path, (folder / "data").string());
}

TEST_F(OfThisMachine, reports_a_config_that_is_not_there) {
  const ConfigLoad load = load_config((folder / "none.yaml").string());
  EXPECT_FALSE(load.config);
  EXPECT_EQ(load.diagnostics.all().front().error.code, "E0501");
}

}  // namespace
}  // namespace gatehouse
