// What is promised: a program is evaluated without an allocation where nothing is made, within its
// steps and memory, whatever the environment holds; errors say where they come from; the tree says
// what is read.
#include "expr/program.h"

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include "expr/expr_testing.h"

namespace {
std::atomic<std::size_t> allocations = 0;
}

// ThreadSanitizer brings operators of its own, which cannot be replaced.
#if defined(__has_feature)
#define GH_THREAD_SANITIZER __has_feature(thread_sanitizer)
#else
#define GH_THREAD_SANITIZER 0
#endif
#if !GH_THREAD_SANITIZER
// Counts every allocation of this test program. Inlined, GCC takes new and free for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* const taken = std::malloc(bytes == 0 ? 1 : bytes)) return taken;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* taken) noexcept { std::free(taken); }
[[gnu::noinline]] void operator delete(void* taken, std::size_t /*bytes*/) noexcept {
  std::free(taken);
}
#endif

namespace gatehouse {
namespace {

using testing::ExprRig;

TEST(Program, allocates_nothing_on_the_common_paths) {
  if (GH_THREAD_SANITIZER) GTEST_SKIP() << "its operators cannot be replaced";
  ExprRig rig;
  for (const char* const text : {
           "request.method == \"POST\" && request.path.startsWith(\"/admin\") && "
           "!(client.address in office) && \"ops\" in user.roles",
           "request.method in [\"GET\", \"HEAD\", \"OPTIONS\", \"POST\"]",
           "request.size in [1, 2, 3, 4, 512]",
           "client.address in [cidr(\"10.0.0.0/8\"), cidr(\"192.0.2.0/24\"), cidr(\"::1/128\"), "
           "cidr(\"fd00::/8\")]",
           "has(absent.text) || has(claims.sub) && claims.level >= 3",
           "request.headers[\"x-id\"] == \"7\" || absent.text == \"a\"",
           "user.roles.exists(r, r == \"dev\") && size(request.path) > 3",
           "request.time - duration(\"5m\") < request.time && request.size * 2 > 1000",
           "request.path.contains(\"min\") && !request.path.endsWith(\"x\")",
           "numbers.map(x, x * 2)[1] == 4",  // from the arena's first block, which it has
       }) {
    const std::optional<Program> program = rig.compiled(text);
    ASSERT_TRUE(program) << text;
    rig.arena.reset();
    Scratch first(rig.arena);
    program->evaluate(rig, first);
    const std::size_t before = allocations;
    Scratch scratch(rig.arena);
    const Value value = program->evaluate(rig, scratch);
    EXPECT_EQ(allocations, before) << text;
    EXPECT_TRUE(value.is(Kind::boolean)) << text;
  }
}

TEST(Program, counts_allocations_where_there_is_one) {
  if (GH_THREAD_SANITIZER) GTEST_SKIP() << "its operators cannot be replaced";
  const std::size_t before = allocations;
  const auto taken = std::make_unique<std::string>(100, 'x');
  EXPECT_GE(allocations, before + 2);
}

TEST(Program, reads_a_slot_only_when_it_is_needed) {
  ExprRig rig;
  const auto program = rig.compiled("yes || user.name == \"ann\"");
  EXPECT_EQ(rig.run(*program), "true");
  EXPECT_EQ(rig.reads, 1);
}

TEST(Program, names_the_slots_that_it_may_read) {
  ExprRig rig;
  const auto program = rig.compiled("has(absent.text) && user.name == \"a\" || user.name == \"b\"");
  std::vector<std::string> names;
  for (const Slot slot : program->slots()) names.push_back(rig.schema().at(slot).name);
  EXPECT_THAT(names, ::testing::ElementsAre("user.name", "absent.text"));
  // Also of a part that folding removes: who asks wants to know what is named.
  EXPECT_EQ(rig.compiled("true || yes")->slots().size(), 1U);
}

TEST(Program, gives_its_tree_with_types_and_constants) {
  ExprRig rig;
  const auto program = rig.compiled("request.time > timestamp(0) + duration(\"5m\")");
  const Ast& ast = program->ast();
  const AstNode& root = ast[ast.root];
  ASSERT_EQ(root.kind, AstNodeKind::call);
  EXPECT_EQ(root.op, Op::greater);
  EXPECT_EQ(root.type, Type(Kind::boolean));
  EXPECT_EQ(ast[root.children[0]].kind, AstNodeKind::slot);
  const AstNode& time = ast[root.children[1]];
  EXPECT_EQ(time.kind, AstNodeKind::constant);
  EXPECT_EQ(time.type, Type(Kind::timestamp));
  EXPECT_EQ(time.constant.seconds(), 300);
  EXPECT_EQ(program->text(), "request.time > timestamp(0) + duration(\"5m\")");
  EXPECT_EQ(program->type().text(), "bool");
}

TEST(Program, folds_even_what_fails_only_in_part) {
  ExprRig rig;
  const auto program = rig.compiled("1 / 0 > 0 || 1 + 1 == 2");
  EXPECT_EQ(program->ast()[program->ast().root].kind, AstNodeKind::constant);
}

TEST(Program, explains_an_error_with_its_place) {
  ExprRig rig;
  const auto program = rig.compiled("yes &&\n request.size / (request.size - 512) > 1");
  Scratch scratch(rig.arena);
  const Value value = program->evaluate(rig, scratch);
  ASSERT_TRUE(value.is_error());
  const Error error = program->explain(value);
  EXPECT_EQ(error.code, "E0439");
  EXPECT_EQ(error.what, "it divides by zero");
  EXPECT_EQ(error.at, (SourcePosition{"", 2, 15, 1}));
}

TEST(Program, gives_no_value_of_another_kind_than_was_expected) {
  ExprRig rig;
  Diagnostics out;
  const auto program = compile("any", rig.schema(), {}, out);
  ASSERT_TRUE(program);
  EXPECT_EQ(rig.run(*program), "error: no such overload");
  rig.set("any", Value::boolean(true));
  EXPECT_EQ(rig.run(*program), "true");
}

TEST(Program, trusts_no_environment_to_give_the_declared_kind) {
  ExprRig rig;
  const auto program = rig.compiled("user.name == \"a\" || user.name.startsWith(\"b\")");
  rig.set("user.name", Value::integer(1));
  EXPECT_EQ(rig.run(*program), "error: no such overload");
}

TEST(Program, ends_when_its_steps_are_spent) {
  ExprRig rig;
  rig.steps = 40;
  EXPECT_EQ(rig.evaluate("numbers.all(x, x > 0)"), "true");
  EXPECT_EQ(rig.evaluate("numbers.all(x, numbers.all(y, x + y > 0))"), "error: steps spent");
  EXPECT_EQ(rig.evaluate("numbers.map(x, numbers.map(y, x + y))"), "error: steps spent");
  rig.steps = 2;
  EXPECT_EQ(rig.evaluate("1 in numbers"), "error: steps spent");
  EXPECT_EQ(rig.evaluate("numbers == numbers"), "error: steps spent");
  EXPECT_EQ(rig.evaluate("numbers + numbers"), "error: steps spent");
}

TEST(Program, ends_when_its_memory_is_spent) {
  ExprRig rig;
  const std::string large(400'000, 'x');
  rig.set("user.name", Value::text(large));
  EXPECT_EQ(rig.evaluate("size(user.name + user.name)"), "800000");
  EXPECT_EQ(rig.evaluate("size(user.name + user.name + user.name)"), "error: scratch full");
  EXPECT_EQ(rig.evaluate("numbers.map(x, user.name + user.name).size()"), "error: scratch full");
  EXPECT_EQ(rig.evaluate("user.name.lowerAscii() == user.name"), "true");
}

TEST(Program, leaves_unfolded_what_would_cost_too_much) {
  ExprRig rig;
  std::string list = "[0";
  for (int i = 1; i < 60; ++i) list += "," + std::to_string(i);
  list += "]";
  const std::string text =
      "size(" + list + ".map(a, " + list + ".map(b, " + list + ".map(c, a + b + c))))";
  EXPECT_EQ(rig.evaluate(text), "error: steps spent");
}

// Equal lists of one item, of lists of one item, and so on.
TEST(Program, compares_lists_only_to_a_depth) {
  ExprRig rig;
  std::vector<ArrayList> lists(40);
  std::vector<Value> items(40, Value::integer(1));
  for (std::size_t i = 0; i + 1 < lists.size(); ++i) {
    lists[i] = ArrayList({&items[i], 1});
    items[i + 1] = Value::list(lists[i]);
  }
  rig.set("any", items[30]);
  EXPECT_EQ(rig.evaluate("any == any"), "true");
  rig.set("any", items[39]);
  EXPECT_EQ(rig.evaluate("any == any"), "error: too deep");
}

TEST(Program, counts_bytes_that_are_no_characters_without_harm) {
  ExprRig rig;
  rig.set("user.name", Value::text("\xff\x80\xc3"));
  EXPECT_EQ(rig.evaluate("size(user.name)"), "2");
  EXPECT_EQ(rig.evaluate("user.name.matches(\"a\")"), "false");
  EXPECT_EQ(rig.evaluate("user.name.lowerAscii() == user.name"), "true");
}

TEST(Program, is_shared_by_threads) {
  ExprRig rig;
  const auto program = rig.compiled(
      "user.roles.exists(r, r.matches(\"^o.s$\")) && "
      "request.method in [\"A\", \"B\", \"C\", \"POST\"]");
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = *program, &wrong] {
      ExprRig mine;
      for (int round = 0; round < 200; ++round) wrong += mine.run(copy) == "true" ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace gatehouse
