// A mission's page, a missing launch and every article, with the client that openapi-generator makes.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/url"
	"os"

	"zarya.test/portal/zarya"
)

func main() {
	configuration := zarya.NewConfiguration()
	configuration.Servers = zarya.ServerConfigurations{{URL: os.Getenv("ZARYA_ORIGIN")}}
	client := zarya.NewAPIClient(configuration)
	ctx := context.Background()

	page, _, err := client.PortalAPI.GetMissionPage(ctx, "iss-59").Month("2019-04").Execute()
	if err != nil {
		log.Fatal(err)
	}
	if page.Mission.Title != "ISS-59 mission" {
		log.Fatal(page.Mission.Title)
	}
	if commander := page.Mission.Crew[0].Person.Name; commander != "Oleg Kononenko" {
		log.Fatal(commander)
	}

	_, _, err = client.LaunchesAPI.GetLaunch(ctx, "soyuz-1").Execute()
	var failure *zarya.GenericOpenAPIError
	if !errors.As(err, &failure) {
		log.Fatal(err)
	}
	if problem, ok := failure.Model().(zarya.Problem); !ok || problem.Status != 404 {
		log.Fatal(failure.Model())
	}

	seen := map[int32]bool{}
	request := client.ArticlesAPI.ListArticles(ctx).Limit(100).WithTotal(true)
	for {
		articles, _, err := request.Execute()
		if err != nil {
			log.Fatal(err)
		}
		for _, article := range articles.ArticlePage.Items {
			seen[article.Id] = true
		}
		next := articles.ArticlePage.Next.Get()
		if next == nil {
			if total := articles.ArticlePage.Total.Get(); int(*total) != len(seen) {
				log.Fatal(len(seen), " articles of ", *total)
			}
			break
		}
		address, err := url.Parse(*next)
		if err != nil {
			log.Fatal(err)
		}
		request = request.Cursor(address.Query().Get("cursor"))
	}
	fmt.Println(len(seen), "articles")
}
