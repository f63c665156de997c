// Command kstatus says of Kubernetes objects what the library kstatus makes of them, by which Flux and others wait.
//
// It reads one object a line, as JSON, and prints for each a line of the word and, behind a tab, the message. A line that
// is no object ends it; what came before has been answered.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// An answer is one line with one tab, whatever the message holds.
var oneLine = strings.NewReplacer("\t", " ", "\r", " ", "\n", " ")

func main() {
	if err := judgeAll(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "kstatus:", err)
		os.Exit(1)
	}
}

func judgeAll(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	for number := 1; ; number++ {
		line, end := lines.ReadBytes('\n')
		if end != nil && !errors.Is(end, io.EOF) {
			return end
		}
		if object := bytes.TrimSpace(line); len(object) > 0 {
			answer, err := judge(object)
			if err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
			if _, err := fmt.Fprintln(out, answer); err != nil {
				return err
			}
		}
		if end != nil {
			return nil
		}
	}
}

// judge decodes as clients of the API do: a number without a fraction becomes an int64, as the library expects of a
// generation.
func judge(text []byte) (string, error) {
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(text); err != nil {
		return "", err
	}
	result, err := status.Compute(object)
	if err != nil {
		return answer(status.UnknownStatus, err.Error()), nil
	}
	return answer(result.Status, result.Message), nil
}

func answer(word status.Status, message string) string {
	return word.String() + "\t" + oneLine.Replace(message)
}
